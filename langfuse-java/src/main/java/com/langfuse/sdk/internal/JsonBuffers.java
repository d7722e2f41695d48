package com.langfuse.sdk.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.ser.DefaultSerializerProvider;
import com.fasterxml.jackson.databind.util.LRUMap;
import com.fasterxml.jackson.databind.util.LookupCache;

/**
 * Keeps what Jackson remembers with the factory or mapper, so that it goes with its client. By
 * default buffers are in thread-locals, by which a thread of a container keeps the class loader
 * with Jackson in it, and types are in a static map, which keeps the classes of applications that
 * share a Jackson.
 */
public final class JsonBuffers {

  /** As many as Jackson remembers by default. */
  private static final int MAX_TYPES = 200;

  private JsonBuffers() {}

  /** Gives the factory buffers of its own; returns it. */
  @SuppressWarnings("deprecation") // a factory of the application's is there already
  public static JsonFactory own(JsonFactory factory) {
    try {
      factory.setRecyclerPool(JsonRecyclerPools.newConcurrentDequePool());
    } catch (LinkageError beforeJackson216) {
      factory.disable(JsonFactory.Feature.USE_THREAD_LOCAL_FOR_BUFFER_RECYCLING);
    }
    return factory;
  }

  /** Gives the mapper buffers and types of its own; returns it. */
  public static ObjectMapper own(ObjectMapper mapper) {
    own(mapper.getFactory());
    LookupCache<Object, JavaType> types = new LRUMap<>(16, MAX_TYPES);
    mapper.setTypeFactory(mapper.getTypeFactory().withCache(types));
    if (mapper.getSerializationConfig().getAnnotationIntrospector().getClass()
        == JacksonAnnotationIntrospector.class) {
      mapper.setAnnotationIntrospector(new JacksonAnnotationIntrospector()); // not the static one
    }
    return mapper;
  }

  /** Forgets the mapper's serializers and types. */
  static void forgetClasses(ObjectMapper mapper) {
    if (mapper.getSerializerProvider() instanceof DefaultSerializerProvider serializers) {
      serializers.flushCachedSerializers();
    }
    mapper.getTypeFactory().clearCache();
  }
}
