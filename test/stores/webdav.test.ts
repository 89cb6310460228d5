import { startWebdav } from "../sandbox/stores/rclone-servers.ts";
import { keepsTheContract } from "../unit/scripts/store/store-suite.ts";
import { subjectsAt } from "./subject.ts";

keepsTheContract("WebDAV", subjectsAt(startWebdav));
