/**
 * Scores: what people, programs and models think of a trace, of one of its observations, of a
 * session or of a run over a dataset.
 *
 * <pre>{@code
 * Observation.current().score(Score.numeric("relevance", 0.93).comment("judged by gpt-4o"));
 * langfuse.scores().create(Score.bool("helpful", true).trace(traceId));    // later, from elsewhere
 * }</pre>
 *
 * <p>{@link com.langfuse.sdk.score.Score} is the judgement; it is handed over to an observation or
 * to {@link com.langfuse.sdk.score.Scores}.
 */
@NullMarked
package com.langfuse.sdk.score;

import org.jspecify.annotations.NullMarked;
