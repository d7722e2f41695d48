package com.langfuse.sdk.media;

import com.langfuse.sdk.internal.FileBytes;
import com.langfuse.sdk.internal.QuietLog;
import com.langfuse.sdk.line.Ledger;
import com.langfuse.sdk.line.Line;
import com.langfuse.sdk.line.SideDoor;
import com.langfuse.sdk.line.TextRewriter;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Finds files in what observations say, puts references in their place and uploads them. Made by
 * the builder of the client, one for each. Threadsafe.
 *
 * <p>What the application hands in is written as a short text that only names it, and kept until
 * the delivery threads meet that text: no caller waits for a hash, base64 or a search, and no other
 * exporter of the same spans carries megabytes.
 */
public final class MediaUploads implements TextRewriter, SideDoor {

  private static final long MOST_BYTES = 64L << 20;

  private static final String LEFT =
      "others took their room, or their observation was delivered after a restart.";

  /** How long one request of spans waits for its uploads; less when the client is closing. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration PATIENCE_AT_CLOSE = Duration.ofSeconds(2);

  private final QuietLog log;
  private final Ledger ledger;
  private final MediaShelf shelf;
  private final UploadQueue queue;
  private final Duration patience;

  /** An upload took longer than spans wait: they do not, until one ends again. */
  private volatile @Nullable CompletableFuture<String> slow;

  private volatile boolean closing;

  /**
   * @param ledger where media are counted
   */
  public MediaUploads(Line line, Ledger ledger, QuietLog log) {
    this(line, ledger, log, MOST_BYTES, PATIENCE);
  }

  /**
   * @param mostBytes that wait for their observation to leave, and as many for their upload
   * @param patience how long one request of spans waits for its uploads
   */
  MediaUploads(Line line, Ledger ledger, QuietLog log, long mostBytes, Duration patience) {
    this.patience = patience;
    this.log = log;
    this.ledger = ledger;
    this.shelf = new MediaShelf(mostBytes);
    this.queue = new UploadQueue(line, ledger, log, mostBytes);
  }

  /**
   * How files are written, for the encoder of the application's values.
   *
   * @param uploads null where nothing is uploaded: the text then says what would be there
   */
  public static Map<Class<?>, Function<Object, String>> texts(@Nullable MediaUploads uploads) {
    Function<LangfuseMedia, String> text =
        media -> uploads == null ? media.marker("not uploaded") : uploads.hold(media);
    return Map.of(
        LangfuseMedia.class,
        value -> text.apply((LangfuseMedia) value),
        FileBytes.class,
        value -> {
          FileBytes file = (FileBytes) value;
          return text.apply(LangfuseMedia.of(file.bytes(), file.contentType()));
        });
  }

  private String hold(LangfuseMedia media) {
    if (media.problem() != null) {
      ledger.dropped(1, "A LangfuseMedia is not uploaded, it cannot be read: " + media.problem());
      return media.marker("");
    }
    if (!shelf.put(media)) {
      ledger.dropped(1, "A LangfuseMedia is not uploaded, the Langfuse client was closed before.");
      return media.marker("dropped: " + UploadQueue.CLOSED);
    }
    return media.pending();
  }

  @Override
  public boolean mayChange(byte[] request) {
    return MediaText.mayHaveMedia(request);
  }

  @Override
  public TextRewriter forRequest() {
    Duration most =
        closing && PATIENCE_AT_CLOSE.compareTo(patience) < 0 ? PATIENCE_AT_CLOSE : patience;
    return new Request(System.nanoTime() + most.toNanos());
  }

  @Override
  public String rewrite(String traceId, String spanId, String attribute, String text) {
    return forRequest().rewrite(traceId, spanId, attribute, text);
  }

  /** One request of spans, whose uploads are waited for together. */
  private final class Request implements TextRewriter {
    private final long deadline;

    Request(long deadline) {
      this.deadline = deadline;
    }

    @Override
    public boolean mayChange(byte[] request) {
      return MediaUploads.this.mayChange(request);
    }

    @Override
    public String rewrite(String traceId, String spanId, String attribute, String text) {
      MediaField field = MediaField.of(attribute);
      if (field == null && !text.contains(PendingMedia.SIGN)) {
        return text;
      }
      MediaField shown = Objects.requireNonNullElse(field, MediaField.METADATA);
      try {
        return MediaText.replaceIn(text, new Taker(new Place(traceId, spanId, shown), deadline));
      } catch (Throwable t) { // memory, for one
        log.warn("media search", "A text could not be searched for media, it is sent as it is.", t);
        return text;
      }
    }
  }

  /**
   * What became of an upload, for as long as spans wait for it; {@link UploadQueue#ARRIVED} while
   * that is not known: the upload goes on, and the span leaves with the reference.
   */
  private String outcome(CompletableFuture<String> upload, long deadline) {
    CompletableFuture<String> blocking = slow;
    if (blocking != null && !blocking.isDone()) {
      return upload.getNow(UploadQueue.ARRIVED);
    }
    try {
      return upload.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (TimeoutException takesLonger) {
      slow = upload;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException impossible) {
      log.debug("An upload has no outcome: " + impossible);
    }
    return UploadQueue.ARRIVED;
  }

  @Override
  public Wait hurry() {
    return queue.hurry();
  }

  @Override
  public long pending() {
    return queue.pending();
  }

  /** What was handed in before may still be met by the delivery threads, and is taken then. */
  @Override
  public void refuse() {
    closing = true;
    shelf.refuse();
  }

  @Override
  public void close() {
    shelf.close();
    queue.close();
  }

  @Override
  public Ledger ledger() {
    return ledger;
  }

  /** For one place. */
  private final class Taker implements MediaTaker {
    private final Place place;
    private final long deadline;

    private Taker(Place place, long deadline) {
      this.place = place;
      this.deadline = deadline;
    }

    @Override
    public String take(String contentType, byte[] bytes) {
      Content content = new Content(contentType, bytes, MediaHash.of(bytes));
      return queued(content, MediaSource.BASE64_DATA_URI);
    }

    @Override
    public String takePending(String token, String description) {
      HandedMedia handed = shelf.take(token);
      if (handed == null) {
        ledger.dropped(1, "Media are not uploaded, they are not in memory any more: " + LEFT);
        return MediaMarker.of(description, "dropped: not in memory any more");
      }
      return queued(handed.content(), handed.source());
    }

    private String queued(Content content, MediaSource source) {
      String loss = outcome(queue.offer(content, place), deadline);
      return loss.equals(UploadQueue.ARRIVED)
          ? source.reference(content.contentType(), content.hash())
          : MediaMarker.of(MediaMarker.description(content.contentType(), content.length()), loss);
    }
  }
}
