import { startSftp } from "../sandbox/stores/sftp.ts";
import { keepsTheContract } from "../unit/scripts/store/store-suite.ts";
import { subjectsAt } from "./subject.ts";

keepsTheContract(
  "sftp with a shell",
  subjectsAt(() => startSftp({ shell: true })),
);
keepsTheContract(
  "sftp without a shell",
  subjectsAt(() => startSftp({ shell: false })),
);
