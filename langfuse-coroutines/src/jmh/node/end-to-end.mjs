// The same observations as EndToEnd.java makes, in the same bursts. Prints the same row.
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { startActiveObservation } from "@langfuse/tracing";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";

const [url, count, burst] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const warmUp = 3 * burst;

const processor = new LangfuseSpanProcessor({ publicKey: "pk-lf-bench", secretKey: "sk-lf-bench", baseUrl: url });
new NodeTracerProvider({ spanProcessors: [processor] }).register();

const syllables = (
  "a an ba ber co con de der di do e en er es fa for ga ge hi i in is ka la le lo ma men mi na no o " +
  "of on or pa pe po ra re ro sa se sha so sta ta te the ti to tra u un ver vo wa wi y zu"
).split(" ");

// As Payloads.java has them.
function prose(length, seed) {
  let [text, random, more] = ["", seed | 0, 0];
  for (let word = 1; text.length < length; word++) {
    do {
      random = (Math.imul(random, 1103515245) + 12345) | 0;
      more = random >>> 30;
      text += syllables[((random >>> 16) & 0x3fff) % syllables.length];
    } while (more > 1);
    text += word % 40 === 0 ? ".\n" : word % 20 === 0 ? ' "so" ' : " ";
  }
  return text.slice(0, length);
}

const messages = (seed) => [
  { role: "user", content: prose(472, seed * 31), index: 0 },
  { role: "assistant", content: prose(472, seed * 31 + 1), index: 1 },
];
const payloads = Array.from({ length: 256 }, (_, i) => messages(i));

function make(observations) {
  for (let i = 0; i < observations; i++) {
    const [input, output] = [payloads[i % 256], payloads[(i + 1) % 256]];
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
