// A company's server made with Fedify: its node, its people, their keys. Started by partner.py, which tells it what to say.
//
// The first line of standard input says who it is; "ready" on standard output, that it listens. Below /control/ the test speaks with it,
// everywhere else whoever wants. What arrives goes through Fedify's verification of signature and proof, then through its inbox.
import dns from "node:dns";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createFederation, MemoryKvStore, parseNodeInfo, signRequest, verifyProof, verifyRequest } from "@fedify/fedify";
import * as vocab from "@fedify/vocab";

const { host, people } = JSON.parse((await createInterface(process.stdin)[Symbol.asyncIterator]().next()).value);
const base = `http://${host}`;
const FORMS = { cavage: "draft-cavage-http-signatures-12", rfc9421: "rfc9421" };
const received = [], sent = [], arriving = new Map();

// Names of this machine are this machine, whatever the system's resolver thinks of them.
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name.endsWith(".localhost") ? "127.0.0.1" : name, ...rest);

// What Fedify posts is written down as it leaves, with the answer.
const fetch_ = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  if (request.method !== "POST") return await fetch_(request);
  const document = await request.clone().json();
  const form = request.headers.has("signature-input") ? "rfc9421" : "cavage";
  const answer = await fetch_(request);
  sent.push({ document, form, status: answer.status, answer: await answer.clone().text() });
  return answer;
};

async function keyPair([algorithm, { privateKey, publicKey }]) {
  const name = algorithm === "rsa" ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } : "Ed25519";
  const read = (format, text, use) => crypto.subtle.importKey(format, Buffer.from(text, "base64"), name, true, [use]);
  return { privateKey: await read("pkcs8", privateKey, "sign"), publicKey: await read("spki", publicKey, "verify") };
}

function federationOf(firstKnock) {
  const userAgent = { software: "Partner/1.0", url: base };
  const federation = createFederation({ kv: new MemoryKvStore(), allowPrivateAddress: true, firstKnock, origin: base, userAgent });
  federation
    .setActorDispatcher("/actors/{identifier}", async (context, name) => {
      if (!(name in people)) return null;
      const pairs = await context.getActorKeyPairs(name);
      return new (name === "node" ? vocab.Application : vocab.Person)({
        id: context.getActorUri(name),
        preferredUsername: name,
        name: people[name].name,
        inbox: context.getInboxUri(name),
        endpoints: new vocab.Endpoints({ sharedInbox: context.getInboxUri() }),
        publicKey: pairs[0].cryptographicKey,
        assertionMethods: pairs.map((pair) => pair.multikey),
      });
    })
    .setKeyPairsDispatcher((_, name) => Promise.all(Object.entries(people[name].keys).map(keyPair)));
  federation
    .setInboxListeners("/actors/{identifier}/inbox", "/inbox")
    .setSharedKeyDispatcher(() => ({ identifier: "node" }))
    .on(vocab.Activity, async (_, activity) => {
      const carried = await activity.getObject({ documentLoader: nowhere, suppressError: true });
      Object.assign(arriving.get(activity.id.href), {
        handled: activity.constructor.name,
        actor: activity.actorId?.href,
        object: activity.objectId?.href,
        carries: carried?.constructor.name,
        content: carried?.content?.toString(),
      });
    });
  return federation;
}

const nowhere = async (url) => { throw new Error(`not to be fetched: ${url}`); };
const senders = Object.fromEntries(Object.entries(FORMS).map(([form, name]) => [form, federationOf(name)]));
const door = federationOf(FORMS.cavage); // each remembers which form a host took, so who sends is not who asks for keys

// Extensions that Fedify's vocabulary has no class for stay on the activity while Fedify proves and sends it.
function wearing(activity, extensions) {
  const clone = activity.clone.bind(activity), toJsonLd = activity.toJsonLd.bind(activity);
  activity.clone = (...values) => wearing(clone(...values), extensions);
  activity.toJsonLd = async (options) => ({ ...(await toJsonLd(options)), ...extensions });
  return activity;
}

const PLURALS = { to: "tos", cc: "ccs", attributedTo: "attributions", tag: "tags" };
const INSTANTS = new Set(["published", "updated"]);

// An object of Fedify's vocabulary from plain words. Who is of this server stands for itself in full.
async function built(context, { type, ...words }) {
  const values = {};
  const meant = (value) => value?.type ? built(context, value) : /^https?:/.test(value) ? new URL(value) : value;
  for (const [word, value] of Object.entries(words)) {
    if (word === "person") values.object = await context.getActor(value);
    else if (word in PLURALS) values[PLURALS[word]] = await Promise.all([value].flat().map(meant));
    else if (INSTANTS.has(word)) values[word] = Temporal.Instant.from(value);
    else values[word === "inReplyTo" ? "replyTarget" : word] = await meant(value);
  }
  return new vocab[type](values);
}

async function send({ form, by, inbox, activity, extensions }) {
  const context = senders[form].createContext(new Request(base), undefined);
  const before = sent.length;
  const recipient = { id: new URL(inbox), inboxId: new URL(inbox) };
  const said = wearing(await built(context, activity), extensions ?? {});
  try {
    await context.sendActivity({ identifier: by }, recipient, said);
  } catch (error) {
    if (error.name !== "SendActivityError") throw error;
  }
  return sent.slice(before);
}

// Post any words with Fedify's signature; `instead` is what somebody on the way makes of them.
async function post({ form, by, inbox, document, instead }) {
  const [pair] = await senders[form].createContext(new Request(base), undefined).getActorKeyPairs(by);
  const headers = { "Content-Type": "application/activity+json" };
  const request = new Request(inbox, { method: "POST", headers, body: JSON.stringify(document) });
  const signed = await signRequest(request, pair.privateKey, pair.keyId, { spec: FORMS[form] });
  const answer = await fetch_(instead ? new Request(signed, { body: JSON.stringify(instead) }) : signed);
  return { status: answer.status, answer: await answer.text() };
}

// Fetch something as somebody of this server, with a signed question.
async function ask({ form, by, url }) {
  const context = senders[form].createContext(new Request(base), undefined);
  const load = await context.getDocumentLoader({ identifier: by });
  try {
    return (await load(url)).document;
  } catch (error) {
    return { error: String(error) };
  }
}

// What Fedify learns of a server or somebody there without a signature: who is behind an address, and what the server says of itself.
const find = ({ resource }) => door.createContext(new Request(base), undefined).lookupWebFinger(resource);
const about = async ({ url }) => {
  const read = async (address) => await (await fetch_(address)).json();
  const { links } = await read(`${url}/.well-known/nodeinfo`);
  const { software, usage } = parseNodeInfo(await read(links[0].href)); // Fedify's own client asks no private address
  return { name: software.name, users: usage.users };
};

// Whose proof stands on an activity and holds.
async function provenBy(document, options) {
  if (document.proof == null) return undefined;
  const words = { "@context": document["@context"], ...document.proof };
  const proof = await vocab.DataIntegrityProof.fromJsonLd(words, options);
  const key = await verifyProof(document, proof, options);
  return key?.controllerId?.href;
}

// Somebody else's activity: who signed the request, and whether the proof holds, both as Fedify finds it.
async function arrived(request) {
  const context = door.createContext(request.clone(), undefined);
  const documentLoader = await context.getDocumentLoader({ identifier: "node" });
  const options = { documentLoader, contextLoader: context.contextLoader };
  const document = await request.clone().json();
  const key = await verifyRequest(request.clone(), options);
  const proven = await provenBy(document, options);
  const form = request.headers.has("signature-input") ? "rfc9421" : "cavage";
  const entry = { document, form, signer: key?.ownerId?.href, proven };
  arriving.set(document.id, entry);
  const isCharters = document.object?.type === "Charter"; // Fedify's vocabulary has no such thing
  const answer = key == null ? new Response("not signed", { status: 401 })
    : isCharters ? new Response("", { status: proven === document.actor ? 202 : 401 })
    : await door.fetch(request, { contextData: undefined });
  entry.status = answer.status;
  received.push(entry);
  return answer;
}

// Where our node is (FEP-2677); Fedify has no word for it.
async function nodeInfo() {
  const rel = "https://www.w3.org/ns/activitystreams#Application";
  return Response.json({ links: [{ rel, type: "application/activity+json", href: `${base}/actors/node` }] });
}

// A page of somebody's log, asked for with a signed question, and whose proof Fedify finds on each entry.
//
// Fedify signs no query in the form of draft-cavage, and in that of RFC 9421 the fragment of a key's address: what is refused then it asks for in the
// other form, and keeps to that. So each question comes from a server that has not asked before.
async function readLog({ form, by, url }) {
  const context = federationOf(FORMS[form]).createContext(new Request(base), undefined);
  const documentLoader = await context.getDocumentLoader({ identifier: by });
  const { document } = await documentLoader(url);
  const options = { documentLoader, contextLoader: context.contextLoader };
  const entries = [document.orderedItems ?? document.items ?? []].flat();
  return await Promise.all(entries.map(async (entry) => ({ document: entry, proven: await provenBy(entry, options) })));
}

// New keys for somebody here, under the ids of the old ones, as many servers do it; what was seen of anybody's keys stays as it was.
function rekey({ name, keys }) {
  people[name].keys = keys;
  return { done: true };
}

const control = {
  send,
  post,
  ask,
  find,
  about,
  readLog,
  rekey,
  received: async () => received,
};

async function answer(request) {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/control/")) return Response.json(await control[pathname.slice(9)](await request.json()));
  if (pathname === "/.well-known/nodeinfo") return await nodeInfo();
  if (request.method === "POST") return await arrived(request);
  return await door.fetch(request, { contextData: undefined });
}

const server = createServer(async (incoming, outgoing) => {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const { method, headers, url } = incoming;
  const body = method === "POST" ? Buffer.concat(chunks) : undefined;
  const request = new Request(`http://${headers.host}${url}`, { method, headers, body });
  const response = await answer(request).catch((error) => new Response(error.stack, { status: 500 }));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
});
server.listen(Number(host.split(":")[1]), "127.0.0.1", () => console.log("ready"));
process.stdin.on("end", () => process.exit());
