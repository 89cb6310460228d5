import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { Struct } from "google-protobuf/google/protobuf/struct_pb.js";

/**
 * `pulumi import` reads an unknown resource with a request without properties, and the SDK's server fails on that with
 * a raw JavaScript error. This gives such a request empty properties, so that the provider can answer it.
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
