package org.example;

import static com.langfuse.sdk.ObservationType.GENERATION;
import static com.langfuse.sdk.local.assertion.LangfuseAssertions.generation;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.GeneratedMessageV3;
import com.google.protobuf.StringValue;
import com.langfuse.sdk.Langfuse;
import com.langfuse.sdk.junit5.LangfuseExtension;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class GrpcTest {

  @RegisterExtension static final LangfuseExtension langfuse = LangfuseExtension.create().strict();

  private static final MethodDescriptor<StringValue, StringValue> ASK =
      MethodDescriptor.<StringValue, StringValue>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("Model/Ask")
          .setRequestMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .setResponseMarshaller(ProtoUtils.marshaller(StringValue.getDefaultInstance()))
          .build();

  @Test
  void aCallIsOneTrace() throws Exception {
    var service =
        ServerServiceDefinition.builder("Model")
            .addMethod(
                ASK,
                ServerCalls.asyncUnaryCall(
                    (question, answer) -> {
                      answer.onNext(StringValue.of("A fog horn."));
                      answer.onCompleted();
                    }))
            .build();
    var server = InProcessServerBuilder.forName("model").addService(service).build().start();
    var channel = InProcessChannelBuilder.forName("model").build();
    try {
      ask(langfuse.client(), StringValue.of("What guides ships in fog?"), channel);
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
    langfuse.trace("ask").hasTree(generation("ask").output("A fog horn."));
    // Generated classes of the 3.x line need this one, which protobuf-java 4 has only to fail on.
    assertTrue(GeneratedMessageV3.class.isAssignableFrom(StringValue.class), "protobuf-java 3");
  }

  private static void ask(Langfuse client, StringValue question, io.grpc.Channel channel) {
    client
        .observation("ask", GENERATION)
        .input(question)
        .run(
            generation -> {
              StringValue answer =
                  ClientCalls.blockingUnaryCall(channel, ASK, CallOptions.DEFAULT, question);
              generation.output(answer.getValue());
            });
  }
}
