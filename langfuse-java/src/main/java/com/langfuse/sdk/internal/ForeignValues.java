package com.langfuse.sdk.internal;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which values of other libraries, and of the JDK, are JSON, text, bytes or messages, and no beans.
 * They are recognised by the names of their class, superclasses and interfaces, so that none of the
 * libraries is needed: the nearest type that is known decides, then the package of the class.
 */
final class ForeignValues {

  /** How the values of a class are written, given the class; null for as usual. */
  @FunctionalInterface
  private interface Rule extends Function<Class<?>, @Nullable ForeignForm> {}

  private static final Map<String, Rule> BY_TYPE = new HashMap<>();
  private static final Map<String, Rule> BY_PACKAGE = new HashMap<>();

  static {
    Rule text = ForeignForm::text;
    // Reading it has effects, may block, or shows what is secret.
    Rule marker = type -> Marker::cut;
    Rule asUsual = type -> null;

    json();
    clients();
    messages();
    bytes();
    put(text, "java.lang.StackTraceElement", "java.lang.ProcessHandle");
    put(text, "java.lang.reflect.Type", "java.lang.reflect.AnnotatedElement");
    put(text, "java.util.BitSet", "java.util.StringJoiner", "java.util.regex.MatchResult");
    put(text, "javax.money.MonetaryAmount", "javax.money.CurrencyUnit");
    put(text, "org.joda.money.BigMoneyProvider", "org.joda.money.CurrencyUnit");
    put(text, "com.google.common.collect.Range", "com.google.common.hash.HashCode");
    put(text, "org.apache.avro.generic.GenericEnumSymbol", "org.apache.avro.generic.GenericFixed");
    put(text, "org.jsoup.nodes.Node");
    put(text, "org.springframework.util.MimeType", "org.springframework.core.io.Resource");
    putPackage(text, "okhttp3.", "io.ktor.", "kotlinx.datetime.", "org.bson.types.");
    putPackage(text, "com.google.common.net.");
    put(type -> value -> PlainValues.describe((Throwable) value), "java.lang.Throwable");

    put(method("map"), "java.net.http.HttpHeaders");
    put(method("toMultimap"), "okhttp3.Headers");
    put(method("orNull"), "com.google.common.base.Optional");
    put(method("asMap"), "com.google.common.collect.Multimap");
    put(method("rowMap"), "com.google.common.collect.Table");

    put(marker, "java.lang.ClassLoader");
    put(marker, "java.security.Key", "java.security.KeyPair");
    put(marker, "java.sql.Array", "java.sql.Blob", "java.sql.Clob", "java.sql.Ref");
    put(marker, "java.sql.SQLXML", "java.sql.Struct", "java.sql.Wrapper");
    put(marker, "java.util.concurrent.Flow$Publisher", "org.reactivestreams.Publisher");
    for (String servlet : new String[] {"jakarta.servlet.", "javax.servlet."}) {
      put(marker, servlet + "ServletRequest", servlet + "ServletResponse");
      put(marker, servlet + "ServletContext", servlet + "http.HttpSession");
    }
    put(marker, "org.springframework.web.multipart.MultipartFile");
    put(marker, "groovy.lang.Closure", "groovy.lang.MetaClass");

    put(asUsual, "org.bson.BsonDocument", "org.bson.BsonArray");
  }

  private ForeignValues() {}

  private static void json() {
    Rule text = json("toString");
    put(text, "kotlinx.serialization.json.JsonElement");
    put(text, "tools.jackson.core.TreeNode", "com.fasterxml.jackson.core.TreeNode");
    put(text, "org.json.JSONObject", "org.json.JSONArray", "org.json.JSONObject$Null");
    put(text, "com.google.gson.JsonElement");
    put(text, "javax.json.JsonValue", "jakarta.json.JsonValue");
    put(text, "io.vertx.core.json.JsonObject", "io.vertx.core.json.JsonArray");
    put(text, "com.eclipsesource.json.JsonValue", "groovy.json.JsonBuilder");
    put(text, "org.apache.avro.generic.IndexedRecord", "org.apache.avro.Schema");
    put(json("getJson"), "org.bson.json.JsonObject");
    put(ForeignValues::bson, "org.bson.BsonValue");
    put(type -> value -> null, "org.bson.BsonNull");
    put(ForeignClients::protobuf, "com.google.protobuf.MessageOrBuilder");
    put(ForeignForm::text, "com.google.protobuf.MessageLiteOrBuilder");
    putPackage(ForeignForm::text, "com.google.protobuf.");
  }

  private static ForeignForm bson(Class<?> type) {
    return PublicMethods.has(type, "getValue")
        ? ForeignForm.method("getValue")
        : ForeignForm.text(type);
  }

  private static void clients() {
    for (String root : new String[] {"com.openai.", "com.anthropic."}) {
      putPackage(ForeignForm::text, root);
      putPackage(type -> ForeignClients.model(type, root), root + "models.");
      put(type -> ForeignClients.model(type, root), root + "core.JsonField");
      // Reading on fetches the next page.
      put(type -> Marker::cut, root + "core.Page", root + "core.AutoPager");
    }
    putPackage(ForeignForm::text, "com.google.genai.");
    put(json("toJson"), "com.google.genai.JsonSerializable");
    put(type -> Marker::cut, "com.google.genai.Pager", "com.google.genai.AsyncPager");
    put(json("toJsonString"), "com.azure.json.JsonSerializable");
    put(type -> ForeignClients::amazon, "software.amazon.awssdk.core.SdkPojo");
    put(method("unwrap"), "software.amazon.awssdk.core.document.Document");
  }

  private static void messages() {
    String langChain = "dev.langchain4j.";
    putPackage(ForeignMessages::accessors, langChain);
    put(type -> ForeignMessages::langChain, langChain + "data.message.ChatMessage");
    put(type -> ForeignMessages::langChainContent, langChain + "data.message.Content");
    put(type -> ForeignMessages::langChainCall, langChain + "agent.tool.ToolExecutionRequest");
    put(json("toJson"), langChain + "agent.tool.ToolSpecification");
    put(method("toMap"), langChain + "data.document.Metadata");
    String spring = "org.springframework.ai.";
    put(type -> ForeignMessages::spring, spring + "chat.messages.Message");
    put(type -> ForeignMessages::springCall, spring + "chat.messages.AssistantMessage$ToolCall");
    put(type -> ForeignMessages::springPrompt, spring + "chat.prompt.Prompt");
    put(type -> ForeignMessages::springResponse, spring + "chat.model.ChatResponse");
    put(type -> ForeignMessages::springDocument, spring + "document.Document");
    put(type -> ForeignMessages::springMedia, spring + "content.Media");
  }

  private static void bytes() {
    put(method("toByteArray"), "com.google.protobuf.ByteString", "okio.ByteString");
    put(method("toByteArray"), "kotlinx.io.bytestring.ByteString");
    put(type -> ForeignClients::amazonBytes, "software.amazon.awssdk.core.SdkBytes");
    put(method("getData"), "org.bson.BsonBinary", "org.bson.types.Binary");
  }

  private static void put(Rule rule, String... types) {
    for (String type : types) {
      BY_TYPE.put(type, rule);
    }
  }

  private static void putPackage(Rule rule, String... prefixes) {
    for (String prefix : prefixes) {
      BY_PACKAGE.put(prefix, rule);
    }
  }

  private static Rule method(String name) {
    return type -> ForeignForm.method(name);
  }

  /** As text where a version of the library does not have the method. */
  private static Rule json(String method) {
    return type ->
        PublicMethods.has(type, method) ? ForeignForm.json(method) : ForeignForm.text(type);
  }

  /**
   * How the values of a class are written; null for as usual. Reflects, so the result is to be
   * kept.
   */
  static @Nullable ForeignForm formOf(Class<?> type) {
    Rule rule = ruleOf(type);
    return rule == null ? null : rule.apply(type);
  }

  /**
   * The same for numbers: one that is not the JDK's may have a text that is no number in JSON, such
   * as {@code NaN}.
   */
  static @Nullable ForeignForm formOfNumber(Class<?> type) {
    return type.getClassLoader() == null ? null : ForeignForm.json("toString");
  }

  private static @Nullable Rule ruleOf(Class<?> type) {
    for (Class<?> each : PublicMethods.typesOf(type)) {
      Rule rule = BY_TYPE.get(each.getName());
      if (rule != null) {
        return rule;
      }
    }
    String name = type.getName();
    for (int dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      Rule rule = BY_PACKAGE.get(name.substring(0, dot + 1));
      if (rule != null) {
        return rule;
      }
    }
    return null;
  }
}
