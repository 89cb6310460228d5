import { typeDocument } from "./type-document.ts";

typeDocument("docs/DATABASE_PERSISTENCE_GUIDE.md");
