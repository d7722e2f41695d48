package com.langfuse.sdk.internal;

import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.AccessorNamingStrategy;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.AnnotatedMethod;
import com.fasterxml.jackson.databind.introspect.DefaultAccessorNamingStrategy;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A getter is named like its field where there is one: {@code isActive} and {@code xAxis}, as
 * Kotlin and Java programmers wrote them, where Jackson alone would say {@code active} and {@code
 * xaxis}.
 */
final class FieldNames extends DefaultAccessorNamingStrategy {

  private final Set<String> fields = new HashSet<>();

  private FieldNames(MapperConfig<?> config, AnnotatedClass type) {
    super(config, type, "set", "get", "is", null);
    type.fields().forEach(field -> fields.add(field.getName()));
  }

  @Override
  public @Nullable String findNameForIsGetter(AnnotatedMethod method, String name) {
    return fields.contains(name) ? name : super.findNameForIsGetter(method, name);
  }

  @Override
  public @Nullable String findNameForRegularGetter(AnnotatedMethod method, String name) {
    // Kotlin adds "-" and a hash to getters of value classes.
    int mangled = name.indexOf('-');
    String getter = mangled < 0 ? name : name.substring(0, mangled);
    String property = super.findNameForRegularGetter(method, getter);
    if (property == null || getter.length() < 4) {
      return property;
    }
    String same = getter.substring(3);
    String field = Character.toLowerCase(getter.charAt(3)) + getter.substring(4);
    return fields.contains(field) ? field : fields.contains(same) ? same : property;
  }

  static AccessorNamingStrategy.Provider provider() {
    return new DefaultAccessorNamingStrategy.Provider() {
      private static final long serialVersionUID = 1L;

      @Override
      public AccessorNamingStrategy forPOJO(MapperConfig<?> config, AnnotatedClass type) {
        return new FieldNames(config, type);
      }
    };
  }
}
