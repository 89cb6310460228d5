import { typeDocument } from "./type-document.ts";

typeDocument("docs/TROUBLESHOOTING.md");
