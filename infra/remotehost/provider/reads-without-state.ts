import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * `pulumi import` reads a resource of which nothing is known, by a request without properties, and the SDK's server
 * fails on that with an error of JavaScript's own. From here on such a request has empty ones, so that the provider can
 * answer it.
 */
export function acceptReadsWithoutState(): void {
  const { read } = ResourceProviderService;
  const deserialize = read.requestDeserialize;
  read.requestDeserialize = (bytes) => {
    const request = deserialize(bytes);
    if (!request.hasProperties()) request.setProperties(new Struct());
    return request;
  };
}
