import { typeDocument } from "./type-document.ts";

typeDocument("docs/BACKUP_CONFIGURATION.md");
