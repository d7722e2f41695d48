package com.langfuse.sdk.local;

import java.io.IOException;

/** An export as one line of JSON, in OTLP's mapping. */
final class OtlpJson {

  /** Without a line break. The body must be one that {@link TraceExport} takes. */
  static byte[] line(Call call) throws IOException, RefusedException {
    byte[] content = call.content();
    return Json.bytes(
        TraceExport.isJson(call) ? Json.parse(content) : ProtobufDecoder.tree(content));
  }

  private OtlpJson() {}
}
