import { typeDocument } from "./type-document.ts";

typeDocument("docs/BACKUP_DEPLOYMENT_GUIDE.md");
