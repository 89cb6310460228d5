/** A command of a document that its test cannot run, and the reason. */
export interface Exception {
  document: string;
  command: string;
  reason: string;
}

export const exceptions: readonly Exception[] = [
  {
    document: "README.md",
    command: "npm run demo",
    reason: "starts the sandbox under the number that people use, which there is once",
  },
  { document: "README.md", command: "npm test", reason: "is what runs this" },
  {
    document: "docs/UPGRADING.md",
    command: "git pull --no-rebase",
    reason: "the clone has nowhere to pull from",
  },
  {
    document: "docs/PERFORMANCE.md",
    command: "npm run benchmark -- --json performance.json",
    reason: "takes half an hour of a machine that does nothing else, and measures nothing beside other tests",
  },
  {
    document: "docs/PERFORMANCE.md",
    command: "npm run benchmark -- --page performance.json",
    reason: "would write the page that is tested, and needs the report of a whole run",
  },
];
