import { typeDocument } from "./type-document.ts";

typeDocument("docs/COMPLETE_BACKUP_SYSTEM.md");
