package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import java.io.IOException;

/** In place of a serializer that could not be made: fails for each value, in its place. */
final class UnwritableSerializer extends JsonSerializer<Object> {

  private final Throwable cause;

  UnwritableSerializer(Throwable cause) {
    this.cause = cause;
  }

  @Override
  public void serialize(Object value, JsonGenerator json, SerializerProvider provider)
      throws IOException {
    JsonMappingException unwritable = new JsonMappingException(json, cause.toString());
    unwritable.addSuppressed(cause);
    throw unwritable;
  }

  @Override
  public void serializeWithType(
      Object value, JsonGenerator json, SerializerProvider provider, TypeSerializer type)
      throws IOException {
    serialize(value, json, provider);
  }
}
