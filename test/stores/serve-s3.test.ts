import { startServeS3 } from "../sandbox/stores/rclone-servers.ts";
import { keepsTheContract } from "../unit/scripts/store/store-suite.ts";
import { subjectsAt } from "./subject.ts";

keepsTheContract("S3 of rclone", subjectsAt(startServeS3, { use_multipart_etag: "false" }));
