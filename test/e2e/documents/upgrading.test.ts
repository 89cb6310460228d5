import { typeDocument } from "./type-document.ts";

typeDocument("docs/UPGRADING.md");
