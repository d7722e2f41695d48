package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import java.io.IOException;

/** A field whose getter may throw, as lazy proxies do outside their session. */
final class GuardedProperty extends BeanPropertyWriter {

  private static final long serialVersionUID = 1L;

  GuardedProperty(BeanPropertyWriter property) {
    super(property);
  }

  @Override
  public void serializeAsField(Object bean, JsonGenerator json, SerializerProvider provider)
      throws Exception {
    JsonStreamContext object = json.getOutputContext();
    try {
      super.serializeAsField(bean, json, provider);
    } catch (Throwable t) {
      writeMarker(object, json, t);
    }
  }

  private void writeMarker(JsonStreamContext object, JsonGenerator json, Throwable thrown)
      throws IOException {
    if (json.getOutputContext() != object) {
      GuardedSerializer.closeUpTo(object, json, thrown);
      return;
    }
    if (!getName().equals(object.getCurrentName())) {
      json.writeFieldName(getName()); // the getter failed before its name was written
    }
    json.writeString(Marker.failed(thrown));
  }
}
