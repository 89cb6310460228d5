import { typeDocument } from "./type-document.ts";

typeDocument("docs/drift.md");
