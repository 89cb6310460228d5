/** Executes actions later, each at its own time and in the order of the calls. */
export class DelayLine {
  readonly #queue: { due: number; act: () => void }[] = [];

  /** Executes `act` at `due`, in milliseconds of `performance.now()`, and never before earlier ones. */
  add(due: number, act: () => void): void {
    this.#queue.push({ due, act });
    if (this.#queue.length === 1) this.#await();
  }

  #await(): void {
    const [first] = this.#queue;
    if (first === undefined) return;
    setTimeout(() => this.#run(), Math.max(0, first.due - performance.now()));
  }

  #run(): void {
    // A timer may fire a fraction of a millisecond early.
    const now = performance.now() + 0.5;
    let [first] = this.#queue;
    while (first !== undefined && first.due <= now) {
      first.act();
      this.#queue.shift();
      [first] = this.#queue;
    }
    this.#await();
  }
}
