package com.langfuse.sdk.local;

/** Every attribute name this server reads, once: the wire as the receiving side sees it. */
final class LangfuseAttributes {

  // Observation
  static final String OBSERVATION_TYPE = "langfuse.observation.type";
  static final String OBSERVATION_INPUT = "langfuse.observation.input";
  static final String OBSERVATION_OUTPUT = "langfuse.observation.output";
  static final String OBSERVATION_METADATA = "langfuse.observation.metadata";
  static final String OBSERVATION_LEVEL = "langfuse.observation.level";
  static final String OBSERVATION_STATUS_MESSAGE = "langfuse.observation.status_message";
  static final String OBSERVATION_MODEL = "langfuse.observation.model.name";
  static final String OBSERVATION_MODEL_PARAMETERS = "langfuse.observation.model.parameters";
  static final String OBSERVATION_USAGE_DETAILS = "langfuse.observation.usage_details";
  static final String OBSERVATION_COST_DETAILS = "langfuse.observation.cost_details";
  static final String OBSERVATION_COMPLETION_START_TIME =
      "langfuse.observation.completion_start_time";
  static final String OBSERVATION_PROMPT_NAME = "langfuse.observation.prompt.name";
  static final String OBSERVATION_PROMPT_VERSION = "langfuse.observation.prompt.version";

  // Trace, carried by every span
  static final String TRACE_NAME = "langfuse.trace.name";
  static final String TRACE_INPUT = "langfuse.trace.input";
  static final String TRACE_OUTPUT = "langfuse.trace.output";
  static final String TRACE_TAGS = "langfuse.trace.tags";
  static final String TRACE_METADATA = "langfuse.trace.metadata";
  static final String TRACE_PUBLIC = "langfuse.trace.public";
  static final String USER_ID = "user.id";
  static final String SESSION_ID = "session.id";
  static final String ENVIRONMENT = "langfuse.environment";
  static final String RELEASE = "langfuse.release";
  static final String VERSION = "langfuse.version";
  static final String IS_APP_ROOT = "langfuse.internal.is_app_root";

  // Older and shorter forms, still read
  static final String LANGFUSE_USER_ID = "langfuse.user.id";
  static final String LANGFUSE_SESSION_ID = "langfuse.session.id";
  static final String LANGFUSE_TAGS = "langfuse.tags";
  static final String LANGFUSE_PUBLIC = "langfuse.public";
  static final String LANGFUSE_METADATA = "langfuse.metadata";
  static final String LANGFUSE_PROMPT_NAME = "langfuse.prompt.name";
  static final String LANGFUSE_PROMPT_VERSION = "langfuse.prompt.version";
  static final String TAG_TAGS = "tag.tags";

  // What integrations hide in the metadata
  static final String METADATA_USER_ID = ".langfuse_user_id";
  static final String METADATA_SESSION_ID = ".langfuse_session_id";
  static final String METADATA_TAGS = ".langfuse_tags";

  // OpenTelemetry conventions
  static final String DEPLOYMENT_ENVIRONMENT_NAME = "deployment.environment.name";
  static final String DEPLOYMENT_ENVIRONMENT = "deployment.environment";
  static final String SERVICE_VERSION = "service.version";
  static final String GEN_AI_OPERATION_NAME = "gen_ai.operation.name";
  static final String GEN_AI_TOOL_NAME = "gen_ai.tool.name";
  static final String GEN_AI_TOOL_CALL_ID = "gen_ai.tool.call.id";
  static final String GEN_AI_TOOL_CALL_ARGUMENTS = "gen_ai.tool.call.arguments";
  static final String GEN_AI_TOOL_CALL_RESULT = "gen_ai.tool.call.result";
  static final String GEN_AI_CONVERSATION_ID = "gen_ai.conversation.id";
  static final String GEN_AI_REQUEST_PREFIX = "gen_ai.request.";
  static final String GEN_AI_REQUEST_MODEL = "gen_ai.request.model";
  static final String GEN_AI_RESPONSE_MODEL = "gen_ai.response.model";
  static final String GEN_AI_INPUT_MESSAGES = "gen_ai.input.messages";
  static final String GEN_AI_OUTPUT_MESSAGES = "gen_ai.output.messages";
  static final String GEN_AI_USAGE_PREFIX = "gen_ai.usage.";
  static final String GEN_AI_USAGE_COST = "gen_ai.usage.cost";

  // OpenInference and other frameworks
  static final String OPENINFERENCE_SPAN_KIND = "openinference.span.kind";
  static final String INPUT_VALUE = "input.value";
  static final String OUTPUT_VALUE = "output.value";
  static final String INPUT = "input";
  static final String OUTPUT = "output";
  static final String LLM_MODEL_NAME = "llm.model_name";
  static final String LLM_RESPONSE_MODEL = "llm.response.model";
  static final String LLM_INVOCATION_PARAMETERS = "llm.invocation_parameters";
  static final String LLM_TOKEN_COUNT_PREFIX = "llm.token_count.";
  static final String LLM_COST_TOTAL = "llm.cost.total";
  static final String MODEL = "model";
  static final String MODEL_CONFIG = "model_config";

  private LangfuseAttributes() {}
}
