// An app made with Masto.js, the library of Elk and Phanpy. Started by app.py; each line of standard input is a call, each line of
// standard output its answer.
//
// A call is {"who", "path", "args"}; in a path ":12" stands for $select("12"). {"pages": n} reads so many pages of a list instead of
// one; {"listen": "user"} subscribes to a stream; {"heard": n} answers with the first n events, once they are there.
import { createInterface } from "node:readline";
import { createRestAPIClient, createStreamingAPIClient } from "masto";

const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const { url, streaming, tokens } = JSON.parse((await lines.next()).value);
const rest = {}, sockets = {}, events = [], waiting = [];
for (const [name, accessToken] of Object.entries(tokens)) {
  rest[name] = createRestAPIClient({ url, accessToken });
  sockets[name] = createStreamingAPIClient({ streamingApiUrl: streaming, accessToken });
}

function step(place, word) {
  return word.startsWith(":") ? place.$select(word.slice(1)) : place[word];
}

function called({ who, path, args }) {
  const words = path.split("/"), verb = words.pop();
  const place = words.reduce(step, rest[who]);
  return place[verb](...args.map((one) => (one?.file ? { ...one, file: new Blob([Buffer.from(one.file, "base64")]) } : one)));
}

async function pages(call) {
  const found = [];
  for await (const page of called(call)) {
    found.push(page.map((one) => one.id));
    if (found.length === call.pages) break;
  }
  return found;
}

async function keep(subscription) {
  for await (const { event, payload } of subscription) {
    events.push({ event, payload });
    while (waiting.length && waiting[0].count <= events.length) waiting.shift().resolve(events);
  }
}

async function answered(call) {
  if (call.pages) return await pages(call);
  if (call.listen) return void keep(sockets[call.who][call.listen].subscribe());
  if (call.heard) return events.length >= call.heard ? events : await new Promise((resolve) => waiting.push({ count: call.heard, resolve }));
  return await called(call);
}

for await (const line of lines) {
  let answer;
  try {
    answer = { value: (await answered(JSON.parse(line))) ?? null };
  } catch (error) {
    answer = { status: error.statusCode ?? 0, error: String(error.message) };
  }
  console.log(JSON.stringify(answer));
}
process.exit(0);
