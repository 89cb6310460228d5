import { pingChannel } from "../../../../scripts/lib/notify/ping-channel.ts";
import { keepsTheContract } from "./channel-suite.ts";
import { webhook } from "./webhook.ts";

keepsTheContract("a dead-man's switch", pingChannel);
keepsTheContract("a toy of JSON", webhook);
