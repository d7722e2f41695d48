// Records with Langfuse's SDK for JavaScript, and reads back what came of it. Where to is in the environment.
import { LangfuseClient } from "@langfuse/client";
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { propagateAttributes, startActiveObservation, startObservation } from "@langfuse/tracing";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const processor = new LangfuseSpanProcessor({ environment: "peer", release: "r1" });
new NodeTracerProvider({ spanProcessors: [processor] }).register();
const langfuse = new LangfuseClient();

const pixel = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

let traceId;
await propagateAttributes({ userId: "u-js", sessionId: "s-js", tags: ["peer"] }, () =>
  startActiveObservation("request", async (request) => {
    traceId = request.traceId;
    request.update({ input: { question: "Why?", picture: pixel }, metadata: { plan: "pro" } });
    const generation = startObservation(
      "answer",
      { model: "gpt-4o", input: [{ role: "user", content: "Why?" }], modelParameters: { temperature: 0.1 } },
      { asType: "generation" },
    );
    generation.update({ output: "Because.", usageDetails: { input: 12, output: 34 }, completionStartTime: new Date() });
    generation.end();
    request.startObservation("fetch", { level: "ERROR", statusMessage: "gone" }, { asType: "tool" }).end();
    request.update({ output: "Because." });
    langfuse.score.observation(request, { name: "helpful", value: 1, dataType: "BOOLEAN" });
  }),
);
await processor.forceFlush();
await langfuse.flush();

const observations = await langfuse.api.observations.getMany({ traceId, fields: "core,basic,model,usage,io" });
const scores = await langfuse.api.scoresV3.getManyV3({ traceId, fields: "subject" });
const input = observations.data.find(({ name }) => name === "request").input;
const resolved = await langfuse.media.resolveReferences({ obj: JSON.parse(input), resolveWith: "base64DataUri" });
console.log(JSON.stringify({ observations: observations.data, scores: scores.data, resolved, pixel }));
await processor.shutdown();
await langfuse.shutdown();
