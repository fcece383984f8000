// Calls the service at argv[2] in each protocol, by the descriptors in argv[3], with connect-es of the working folder.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "from-here.js"));
const { createFileRegistry, fromBinary } = require("@bufbuild/protobuf");
const { FileDescriptorSetSchema } = require("@bufbuild/protobuf/wkt");
const { Code, createClient } = require("@connectrpc/connect");
const node = require("@connectrpc/connect-node");

const files = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(process.argv[3])));
const service = files.getService("millstream.builds.v1.BackendService");
const baseUrl = `http://${process.argv[2]}`;
const transports = {
  "connect-json": node.createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false }),
  "connect-get": node.createConnectTransport({ baseUrl, httpVersion: "1.1", useHttpGet: true }),
  "connect-gzip": node.createConnectTransport({
    baseUrl, httpVersion: "2", compressMinBytes: 1, sendCompression: node.compressionGzip,
  }),
  "web-1.1": node.createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
  "web-2": node.createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
  grpc: node.createGrpcTransport({ baseUrl }),
};

async function failed(call) {
  try {
    await call();
  } catch (error) {
    return `${Code[error.code]} ${error.details.length}`;
  }
  return "it went well";
}

async function last(stream) {
  let message;
  for await (message of stream);
  return message;
}

const found = {};
for (const [name, transport] of Object.entries(transports)) {
  const client = createClient(service, transport);
  await client.createProject({ project: { bundleIdentifier: name, name: "Ü" } });
  const got = await client.getProject({ id: name });
  found[name] = [
    got.project.name,
    await failed(() => client.getProject({ id: "none" })),
    await failed(() => last(client.streamProject({ id: name }, { timeoutMs: 300 }))),
  ];
}
console.log(JSON.stringify(found));
process.exit(0);
