// The same observations as EndToEnd.java makes, in the same bursts. Prints the same row.
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { startActiveObservation } from "@langfuse/tracing";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const [url, count, burst] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const warmUp = 3 * burst;

const processor = new LangfuseSpanProcessor({ publicKey: "pk-lf-bench", secretKey: "sk-lf-bench", baseUrl: url });
new NodeTracerProvider({ spanProcessors: [processor] }).register();

const content = "The lighthouse keeper counted \"eleven\" ships before the fog came in.\n".repeat(8).slice(0, 470);
const messages = () => [
  { role: "user", content, index: 0 },
  { role: "assistant", content, index: 1 },
];
const [input, output] = [messages(), messages()];

function make(observations) {
  for (let i = 0; i < observations; i++) {
    startActiveObservation("step", (step) => step.update({ input, output }));
  }
}

const micros = (usage) => usage.user + usage.system;

for (let done = 0; done < warmUp; done += burst) {
  make(burst);
  await processor.forceFlush();
}

const start = performance.now();
const before = process.cpuUsage();
let caller = 0;
for (let done = 0; done < count; done += burst) {
  const beforeBurst = process.cpuUsage();
  make(Math.min(burst, count - done));
  caller += micros(process.cpuUsage(beforeBurst));
  await processor.forceFlush();
}
const all = micros(process.cpuUsage(before));
const seconds = (performance.now() - start) / 1000;

const number = (value) => Math.round(value).toLocaleString("en-US");
console.log(
  `${(caller / count).toFixed(2)} | ${(all / count).toFixed(2)} | ${number(count / seconds)} | ${number(count)} | 0`,
);
process.exit(0);
