/** What an aggregate of SQL gives as one JSON list, which is empty where there is nothing. */
export const jsonList = (what: string): string => `coalesce(json_agg(${what}), '[]')`;
