import * as z from "zod";

/** A stretch of time in one of Pulumi's processes; both ends in seconds, on the same clock. */
export interface Span {
  name: string;
  start: number;
  end: number;
  attributes: Readonly<Record<string, string>>;
}

const Attribute = z.object({ key: z.string(), value: z.object({ stringValue: z.string().optional() }) });
const Line = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes: z.array(Attribute).default([]),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** The spans of what `pulumi --otel-traces file://…` writes, by their beginning. @throws for any other text */
export function spansOf(text: string): Span[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .flatMap((line) => Line.parse(JSON.parse(line)).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
    .map(({ name, startTimeUnixNano, endTimeUnixNano, attributes }) => ({
      name,
      start: Number(startTimeUnixNano) / 1e9,
      end: Number(endTimeUnixNano) / 1e9,
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? ""])),
    }))
    .sort((a, b) => a.start - b.start);
}
