/** Sentences about one server: what stands in the way, and what is only worth knowing. */
export interface Judgement {
  problems: string[];
  notes: string[];
  /** The databases of which nothing is backed up because their container does not exist, by name. */
  waiting: string[];
}
