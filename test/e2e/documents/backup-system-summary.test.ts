import { typeDocument } from "./type-document.ts";

typeDocument("docs/BACKUP_SYSTEM_SUMMARY.md");
