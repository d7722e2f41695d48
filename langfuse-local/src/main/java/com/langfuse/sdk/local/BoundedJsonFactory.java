package com.langfuse.sdk.local;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import java.io.IOException;

/** Its parsers refuse more tokens than a limit, which Jackson itself can do from 2.18 on only. */
final class BoundedJsonFactory extends JsonFactory {

  private static final long serialVersionUID = 1L;

  private final long maxTokens;

  BoundedJsonFactory(JsonFactoryBuilder settings, long maxTokens) {
    super(settings);
    this.maxTokens = maxTokens;
  }

  @Override
  public JsonParser createParser(String json) throws IOException {
    return new BoundedParser(super.createParser(json), maxTokens);
  }

  @Override
  public JsonParser createParser(byte[] json) throws IOException {
    return new BoundedParser(super.createParser(json), maxTokens);
  }

  private static final class BoundedParser extends JsonParserDelegate {
    private final long maxTokens;
    private long tokens;

    BoundedParser(JsonParser parser, long maxTokens) {
      super(parser);
      this.maxTokens = maxTokens;
    }

    @Override
    public JsonToken nextToken() throws IOException {
      if (tokens++ == maxTokens) {
        throw new StreamConstraintsException("more than " + maxTokens + " JSON tokens");
      }
      return super.nextToken();
    }
  }
}
