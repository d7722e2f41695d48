package com.langfuse.sdk.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file's way to Langfuse: announced to the API, uploaded to a store of blobs whose signed URL
 * needs no keys and bears none, reported to the API. Here the store is part of the same server.
 */
final class MediaRoutes {

  static final String MEDIA = "/api/public/media";
  static final String UPLOAD = "/local-media-upload";

  private static final Pattern SHA_256 = Pattern.compile("[A-Za-z0-9+/]{43}=");
  private static final List<String> FIELDS = List.of("input", "output", "metadata");
  private static final int LARGEST_FILE = 1_000_000_000;
  static final String CHECKSUM = "x-amz-checksum-sha256";
  private static final Duration URL_LIFETIME = Duration.ofHours(1); // what Langfuse says, too
  private static final String GOOGLE = "storage.googleapis.com";

  private final MediaStore store;
  private final @Nullable Archive archive;
  private final @Nullable String uploadHost;
  private final String uploadToken = UUID.randomUUID().toString();
  private final String downloadToken = UUID.randomUUID().toString();

  /**
   * @param archive null to keep nothing on disk
   * @param uploadHost host in the upload URLs; null for the one the announcement came to
   */
  MediaRoutes(MediaStore store, @Nullable Archive archive, @Nullable String uploadHost) {
    this.store = store;
    this.archive = archive;
    this.uploadHost = uploadHost;
  }

  Answer announce(JsonNode json, Call call) throws RefusedException {
    Fields body = Fields.in(json);
    LocalMedia announced =
        LocalMedia.announced(hash(body), contentType(body), length(body), link(body));
    store.announce(announced);
    boolean isStored = store.get(announced.id()).map(LocalMedia::bytes).isPresent();
    if (isStored && archive != null) {
      archive.media(announced, null);
    }
    Map<String, @Nullable String> answer = new LinkedHashMap<>();
    answer.put("mediaId", announced.id());
    answer.put("uploadUrl", isStored ? null : url(announced.id(), uploadToken, call));
    return Answer.of(201, answer);
  }

  private static String hash(Fields body) throws RefusedException {
    String hash = body.requireText("sha256Hash");
    if (!isHash(hash)) {
      throw new RefusedException("sha256Hash must be 32 bytes in base64, that is 44 characters");
    }
    return hash;
  }

  static boolean isHash(@Nullable String text) {
    return text != null && SHA_256.matcher(text).matches();
  }

  private static String contentType(Fields body) throws RefusedException {
    String contentType = body.requireText("contentType");
    if (!ContentTypes.isTaken(contentType)) {
      throw new RefusedException("contentType '%s' is not taken".formatted(contentType));
    }
    return contentType;
  }

  private static int length(Fields body) throws RefusedException {
    int length = body.requirePositive("contentLength");
    if (length > LARGEST_FILE) {
      throw new RefusedException("contentLength must be at most " + LARGEST_FILE);
    }
    return length;
  }

  private static LocalMedia.Link link(Fields body) throws RefusedException {
    String field = body.requireText("field");
    if (!FIELDS.contains(field)) {
      throw new RefusedException("field must be one of %s, not '%s'".formatted(FIELDS, field));
    }
    return new LocalMedia.Link(body.requireText("traceId"), body.text("observationId"), field);
  }

  private String url(String id, String token, Call call) {
    String host = Objects.requireNonNullElse(call.header("host"), "127.0.0.1");
    if (uploadHost != null) {
      host = uploadHost + ":" + URI.create("http://" + host).getPort();
    }
    return "http://%s%s/%s?token=%s".formatted(host, UPLOAD, id, token);
  }

  /** The largest upload to read: one byte more than was announced; 0 if nothing was. */
  int largestUpload(String id) {
    return store.get(id).map(each -> each.contentLength() + 1).orElse(0);
  }

  Answer upload(String id, Call call) throws RefusedException {
    checkSignature(call, uploadToken);
    LocalMedia media = find(id);
    require(call, "content-type", media.contentType());
    if (isGoogle(uploadHost)) {
      refuseUnsigned(call);
    } else {
      require(call, CHECKSUM, media.sha256());
    }
    byte[] bytes = call.content();
    if (bytes.length != media.contentLength()) {
      throw new RefusedException(
          "%d bytes, but %d were announced".formatted(bytes.length, media.contentLength()));
    }
    String hash = Base64.getEncoder().encodeToString(Sha256.of(bytes));
    if (!hash.equals(media.sha256())) {
      throw new RefusedException("Bytes of SHA-256 " + hash + ", not " + media.sha256());
    }
    store.changeKnown(id, each -> each.uploaded(bytes));
    if (archive != null) {
      archive.media(find(id), bytes);
    }
    return Answer.ok("{}");
  }

  /** The file itself; needs the URL that {@link #get} gives, and no keys. */
  Answer download(String id, Call call) throws RefusedException {
    checkSignature(call, downloadToken);
    return MediaFile.of(find(id));
  }

  private static void checkSignature(Call call, String token) throws RefusedException {
    if (call.header("authorization") != null) {
      throw new RefusedException("Only one way to authorize, and the URL is signed already");
    }
    if (!("token=" + token).equals(call.query())) {
      throw new RefusedException(403, "The URL is not the one that was given out");
    }
  }

  private static void require(Call call, String header, String value) throws RefusedException {
    if (!value.equals(call.header(header))) {
      throw new RefusedException(
          "%s must be '%s', not '%s'".formatted(header, value, call.header(header)));
    }
  }

  static boolean isGoogle(@Nullable String host) {
    return host != null && (host.equals(GOOGLE) || host.endsWith("." + GOOGLE));
  }

  /** Google's store takes no headers but the signed ones, least of all those of its rivals. */
  private static void refuseUnsigned(Call call) throws RefusedException {
    for (String header : call.headers().keySet()) {
      if (header.startsWith("x-amz-") || header.startsWith("x-ms-")) {
        throw new RefusedException("%s is not signed".formatted(header));
      }
    }
  }

  Answer report(String id, JsonNode json) throws RefusedException {
    find(id);
    Fields body = Fields.in(json);
    var at = body.requireInstant("uploadedAt");
    int status = body.requirePositive("uploadHttpStatus");
    String error = body.text("uploadHttpError");
    if (!body.node("uploadTimeMs").isMissingNode() && !body.node("uploadTimeMs").isNumber()) {
      throw new RefusedException("uploadTimeMs must be a number");
    }
    store.changeKnown(id, each -> each.reported(status, error, at));
    return Answer.ok("{}");
  }

  Answer get(String id, Call call) throws RefusedException {
    LocalMedia media = find(id);
    Integer status = media.uploadHttpStatus();
    if (media.bytes() == null || status == null || (status != 200 && status != 201)) {
      throw new RefusedException(404, "Media %s is not uploaded, or not reported".formatted(id));
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("mediaId", id);
    answer.put("contentType", media.contentType());
    answer.put("contentLength", media.contentLength());
    answer.put("uploadedAt", String.valueOf(media.uploadedAt()));
    answer.put("url", url(id, downloadToken, call));
    answer.put("urlExpiry", call.at().plus(URL_LIFETIME).toString());
    return Answer.of(200, answer);
  }

  private LocalMedia find(String id) throws RefusedException {
    return store.get(id).orElseThrow(() -> new RefusedException(404, "No media %s".formatted(id)));
  }
}
