/** An SQL aggregate as one JSON list; an empty list if there are no rows. */
export const jsonList = (what: string): string => `coalesce(json_agg(${what}), '[]')`;
