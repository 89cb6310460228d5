/** A process that holds a session, for tests that end it: `node session-holder.ts CONNECTION SCRIPT exit|wait`. */
import { openSession } from "../../../infra/remotehost/provider/ssh/session-pool.ts";

const [connection = "", script = "", end] = process.argv.slice(2);
const session = await openSession(JSON.parse(connection));
await session.run("true");
process.stdout.write(`${session.pid}\n`, () => {
  if (end === "exit") process.exit();
});
await session.run(script);
