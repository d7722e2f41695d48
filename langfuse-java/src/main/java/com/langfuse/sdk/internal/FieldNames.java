package com.langfuse.sdk.internal;

import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.AccessorNamingStrategy;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.AnnotatedField;
import com.fasterxml.jackson.databind.introspect.AnnotatedMethod;
import com.fasterxml.jackson.databind.introspect.DefaultAccessorNamingStrategy;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which methods are getters, and of what. In Java {@code getName()}, {@code boolean isActive()},
 * and {@code name()} over a final field {@code name} of the same type; no other method is called.
 * In Kotlin the getters of the properties, whatever their names are in the class file.
 *
 * <p>A property is named like its field or Kotlin property where there is one: {@code isActive} and
 * {@code xAxis}, where Jackson alone would say {@code active} and {@code xaxis}.
 */
final class FieldNames extends DefaultAccessorNamingStrategy {

  private static final String GET = "get";
  private static final String IS = "is";

  /** Of every object; a field of that name is a cache. */
  private static final Set<String> OBJECT_METHODS =
      Set.of("hashCode", "toString", "clone", "finalize");

  private final Map<String, AnnotatedField> fields = new HashMap<>();
  private final Map<Class<?>, Optional<KotlinClass>> kotlin = new HashMap<>();

  private FieldNames(MapperConfig<?> config, AnnotatedClass type) {
    super(config, type, "set", GET, IS, null);
    type.fields().forEach(field -> fields.put(field.getName(), field));
  }

  @Override
  public @Nullable String findNameForIsGetter(AnnotatedMethod method, String name) {
    if (kotlinOf(method).isPresent()) {
      String property = kotlinName(method, name);
      return property == null && isPrefixed(name, IS)
          ? super.findNameForIsGetter(method, name)
          : property;
    }
    if (isPrefixed(name, IS)) {
      String property = super.findNameForIsGetter(method, name);
      return property != null && fields.containsKey(name) ? name : property;
    }
    return isFluentGetter(method, name) ? name : null;
  }

  @Override
  public @Nullable String findNameForRegularGetter(AnnotatedMethod method, String name) {
    String ofKotlin = kotlinName(method, name);
    if (ofKotlin != null || !isPrefixed(name, GET)) {
      return ofKotlin;
    }
    String property = super.findNameForRegularGetter(method, name);
    String same = name.substring(GET.length());
    String field = Character.toLowerCase(same.charAt(0)) + same.substring(1);
    return property == null || fields.containsKey(field)
        ? property == null ? null : field
        : fields.containsKey(same) ? same : property;
  }

  /** {@code getName}, and neither {@code getaway} nor {@code issue}. */
  private boolean isPrefixed(String name, String prefix) {
    return isPrefixed(name, prefix, fields.keySet());
  }

  private static boolean isPrefixed(String name, String prefix, Set<String> fields) {
    return name.startsWith(prefix)
        && name.length() > prefix.length()
        && (!Character.isLowerCase(name.charAt(prefix.length()))
            || fields.contains(name.substring(prefix.length())));
  }

  private boolean isFluentGetter(AnnotatedMethod method, String name) {
    AnnotatedField field = fields.get(name);
    return field != null
        && Modifier.isFinal(field.getAnnotated().getModifiers())
        && field.getDeclaringClass() == method.getDeclaringClass()
        && field
            .getAnnotated()
            .getGenericType()
            .equals(method.getAnnotated().getGenericReturnType())
        && !OBJECT_METHODS.contains(name);
  }

  private @Nullable String kotlinName(AnnotatedMethod method, String name) {
    return kotlinOf(method)
        .map(kotlin -> kotlin.propertyOf(name))
        .map(KotlinClass.Property::name)
        .orElse(null);
  }

  private Optional<KotlinClass> kotlinOf(AnnotatedMethod method) {
    return kotlin.computeIfAbsent(
        method.getDeclaringClass(), type -> Optional.ofNullable(KotlinClass.of(type)));
  }

  static AccessorNamingStrategy.Provider provider() {
    return new DefaultAccessorNamingStrategy.Provider() {
      private static final long serialVersionUID = 1L;

      @Override
      public AccessorNamingStrategy forPOJO(MapperConfig<?> config, AnnotatedClass type) {
        return new FieldNames(config, type);
      }

      @Override
      public AccessorNamingStrategy forRecord(MapperConfig<?> config, AnnotatedClass type) {
        return new OfRecord(config, type);
      }
    };
  }

  /** Components, and what begins as a getter does. */
  private static final class OfRecord extends RecordNaming {

    OfRecord(MapperConfig<?> config, AnnotatedClass type) {
      super(config, type);
    }

    @Override
    public @Nullable String findNameForRegularGetter(AnnotatedMethod method, String name) {
      return _fieldNames.contains(name) || isPrefixed(name, GET, _fieldNames)
          ? super.findNameForRegularGetter(method, name)
          : null;
    }

    @Override
    public @Nullable String findNameForIsGetter(AnnotatedMethod method, String name) {
      return isPrefixed(name, IS, _fieldNames) ? super.findNameForIsGetter(method, name) : null;
    }
  }
}
