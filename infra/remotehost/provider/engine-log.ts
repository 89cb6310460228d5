import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb.js";

export type Log = (urn: string, text: string, how: "message" | "warning" | "progress") => void;

/**
 * Shows sentences beside a resource. Progress disappears when the resource is done. Without an engine nothing is shown.
 */
export function engineLog(address: string | undefined): Log {
  if (!address) return () => {};
  const engine = new EngineClient(address, credentials.createInsecure());
  return (urn, text, how) => {
    const request = new LogRequest();
    request.setSeverity(how === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
    request.setMessage(text);
    request.setUrn(urn);
    request.setEphemeral(how === "progress");
    engine.log(request, () => {});
  };
}
