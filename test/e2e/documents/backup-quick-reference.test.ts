import { typeDocument } from "./type-document.ts";

typeDocument("docs/BACKUP_QUICK_REFERENCE.md");
