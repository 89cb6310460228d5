import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

export type Properties = Record<string, unknown>;
export interface Reading {
  id: string;
  properties: Properties;
  inputs: Properties | undefined;
}

const shim = new URL("../../../infra/plugin/pulumi-resource-remotehost", import.meta.url).pathname;

/** The plugin as the engine runs it: its executable in another process, called by gRPC. */
export interface Plugin {
  check(
    urn: string,
    news: Properties,
    olds?: Properties,
  ): Promise<{ inputs: Properties; failures: string[] }>;
  /** `changes` of the protocol: 0 unknown, 1 none, 2 some. */
  diff(urn: string, olds: Properties, news: Properties): Promise<{ changes: number; replaces: string[] }>;
  create(urn: string, inputs: Properties): Promise<{ id: string; properties: Properties }>;
  /** `properties` are null if the engine has none, as for `pulumi import`. */
  read(urn: string, id: string, properties: Properties | null): Promise<Reading>;
  update(urn: string, id: string, olds: Properties, news: Properties): Promise<Properties>;
  delete(urn: string, id: string, properties: Properties): Promise<void>;
  invoke(token: string, inputs: Properties): Promise<Properties>;
  cancel(): Promise<void>;
  /** Every answer so far, as text. */
  answers(): string;
  /** The plugin's output on standard error. */
  stderr(): string;
  end(): Promise<void>;
}

/** Starts the plugin. `environment` is added to this process's own. */
export async function startPlugin(environment: NodeJS.ProcessEnv = {}): Promise<Plugin> {
  const child = spawn(shim, [], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let stderr = "";
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  const [port] = await Promise.race([
    once(createInterface(child.stdout), "line"),
    once(child, "exit").then(() => {
      throw new Error(`the plugin ended: ${stderr}`);
    }),
  ]);
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const answers: string[] = [];

  function call<Answer extends { toObject(): unknown }>(
    begin: (callback: (error: ServiceError | null, answer: Answer) => void) => unknown,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      begin((error, answer) => {
        answers.push(error ? error.message : JSON.stringify(answer.toObject()));
        if (error) reject(new Error(error.details));
        else resolve(answer);
      });
    });
  }

  return {
    async check(urn, news, olds = {}) {
      const request = new messages.CheckRequest();
      request.setUrn(urn);
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      const answer = await call<messages.CheckResponse>((done) => client.check(request, done));
      const failures = answer.getFailuresList().map((one) => `${one.getProperty()}: ${one.getReason()}`);
      return { inputs: plain(answer.getInputs()), failures };
    },
    async diff(urn, olds, news) {
      const request = new messages.DiffRequest();
      request.setUrn(urn);
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      const answer = await call<messages.DiffResponse>((done) => client.diff(request, done));
      return { changes: answer.getChanges(), replaces: answer.getReplacesList() };
    },
    async create(urn, inputs) {
      const request = new messages.CreateRequest();
      request.setUrn(urn);
      request.setProperties(struct(inputs));
      const answer = await call<messages.CreateResponse>((done) => client.create(request, done));
      return { id: answer.getId(), properties: plain(answer.getProperties()) };
    },
    async read(urn, id, properties) {
      const request = new messages.ReadRequest();
      request.setUrn(urn);
      request.setId(id);
      if (properties !== null) request.setProperties(struct(properties));
      const answer = await call<messages.ReadResponse>((done) => client.read(request, done));
      const inputs = answer.getInputs();
      return {
        id: answer.getId(),
        properties: plain(answer.getProperties()),
        inputs: inputs && plain(inputs),
      };
    },
    async update(urn, id, olds, news) {
      const request = new messages.UpdateRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setOlds(struct(olds));
      request.setNews(struct(news));
      return plain(
        (await call<messages.UpdateResponse>((done) => client.update(request, done))).getProperties(),
      );
    },
    async delete(urn, id, properties) {
      const request = new messages.DeleteRequest();
      request.setUrn(urn);
      request.setId(id);
      request.setProperties(struct(properties));
      await call<Empty>((done) => client.delete(request, done));
    },
    async invoke(token, inputs) {
      const request = new messages.InvokeRequest();
      request.setTok(token);
      request.setArgs(struct(inputs));
      return plain((await call<messages.InvokeResponse>((done) => client.invoke(request, done))).getReturn());
    },
    async cancel() {
      await call<Empty>((done) => client.cancel(new Empty(), done));
    },
    answers: () => answers.join("\n"),
    stderr: () => stderr,
    end: () => end(child, client),
  };
}

async function end(child: ChildProcess, client: ResourceProviderClient): Promise<void> {
  client.close();
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** `toJavaScript` returns JSON values. */
function plain(value: Struct | undefined): Properties {
  return (value?.toJavaScript() ?? {}) as Properties;
}

function struct(value: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(value)));
}
