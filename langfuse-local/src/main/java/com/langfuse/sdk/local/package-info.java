/**
 * A Langfuse on your laptop: receives what any Langfuse SDK sends, keeps it in memory, shows it in
 * the terminal and answers in tests.
 *
 * <pre>{@code
 * try (LocalLangfuse langfuse = LocalLangfuse.start()) {
 *   // point the code under test at langfuse.baseUrl(), publicKey(), secretKey(), run it, then:
 *   LocalTrace trace = langfuse.awaitTrace("user-request", Duration.ofSeconds(5), 3);
 *   System.out.println(trace.toTree());
 * }
 * }</pre>
 *
 * <p>Six rooms, entered in the order in which a span passes through them:
 *
 * <ol>
 *   <li><b>Receiving</b>: {@code Receiver} owns the socket, {@code Api} decides what to answer,
 *       {@code TraceExport} has {@code ProtobufDecoder} turn protobuf into OTLP's JSON, by the
 *       schema in {@code OtlpMessage}, and {@code JsonDecoder} read that into {@code
 *       ReceivedSpan}s, {@code RequestLog} remembers every request. Beside spans, {@code
 *       ScoreRoutes} takes scores and {@code MediaRoutes} takes files, by way of {@code Fields}.
 *   <li><b>Faults</b>: {@link com.langfuse.sdk.local.Fault} says how to misbehave, {@code
 *       FaultQueue} whose turn it is. Looked at by {@code Receiver} only.
 *   <li><b>Mapping</b>: {@code ObservationMapper} turns a span into a {@link
 *       com.langfuse.sdk.local.LocalObservation} by the rules of Langfuse's server; {@code
 *       LangfuseAttributes} holds every attribute name once.
 *   <li><b>Store</b>: {@code ObservationStore} keeps observations by trace, {@code ScoreStore} and
 *       {@code MediaStore} keep theirs by id; all of them wake whoever awaits something.
 *   <li><b>View</b>: {@code TraceTree} draws a trace, {@code TracePrinter} prints it when it is
 *       complete, {@code CommandLine} is the program around it.
 *   <li><b>Page</b>: {@code PageRoutes} serves the page in the browser to those whom {@code
 *       PageGuard} lets in, {@code ViewRoutes} the data it shows. The page itself is among the
 *       resources: plain JavaScript, one file for each of its parts.
 * </ol>
 *
 * <p>{@link com.langfuse.sdk.local.LocalLangfuse} is the door; everything else that is public is a
 * value it hands out, or serves the assertions in {@link com.langfuse.sdk.local.assertion}.
 */
@NullMarked
package com.langfuse.sdk.local;

import org.jspecify.annotations.NullMarked;
