/** The integrity report, read from what the API sends, and its faults in words. */
export interface Fault {
  name: string;
  title: string;
  meaning: string;
  remedy: string;
  count: number;
  /** The first hundred. */
  named: readonly string[];
}

export interface Report {
  images: number;
  objects: number;
  leaving: number;
  isClean: boolean;
  checksumsCompared: boolean;
  /** Each that was looked for, also where none was found. */
  faults: readonly Fault[];
}

type Words = Pick<Fault, "title" | "meaning" | "remedy">;

const REPAIR = "`flask doctor --repair` has a worker make them again; an original comes back only from a backup.";
const KNOWN: Readonly<Record<string, Words>> = {
  missing_objects: {
    title: "Missing files",
    meaning: "The database knows them, the storage does not have them.",
    remedy: REPAIR,
  },
  mismatched_objects: {
    title: "Damaged files",
    meaning: "Their size or checksum is not what was stored.",
    remedy: REPAIR,
  },
  missing_variants: {
    title: "Images without some variants",
    meaning: "Sizes that should have been made are not noted.",
    remedy: "`flask doctor --repair` has a worker make them.",
  },
  stuck_work: {
    title: "Stuck work",
    meaning: "Nobody has got on with it for longer than any work takes.",
    remedy: "See whether worker and clock run; the clock gives such work to another worker.",
  },
  orphan_objects: {
    title: "Files that belong to nothing",
    meaning: "They lie in the storage, and no image has them. They cost room alone.",
    remedy: "After a restore they may be worth looking at. Otherwise they can be deleted in the storage.",
  },
  unindexed_images: {
    title: "Images that no search finds",
    meaning: "They are not in the search index.",
    remedy: "`flask doctor --repair` puts them into the index.",
  },
  miscounted_storage: {
    title: "Users whose storage is counted wrong",
    meaning: "What is noted as used is not what they keep.",
    remedy: "`flask doctor --repair` counts it anew.",
  },
};

export function readReport(told: Readonly<Record<string, unknown>>): Report {
  const counts = isRecord(told["counts"]) ? told["counts"] : {};
  // What a later version looks for is shown too, by its own name.
  const names = [
    ...Object.keys(KNOWN).filter((name) => name in counts),
    ...Object.keys(counts).filter((name) => !(name in KNOWN)),
  ];
  return {
    images: number(told["images"]),
    objects: number(told["objects"]),
    leaving: number(told["objects_leaving"]),
    isClean: told["is_clean"] === true,
    checksumsCompared: told["checksums_compared"] === true,
    faults: names.map((name) => ({ name, ...wordsOf(name), count: number(counts[name]), named: strings(told[name]) })),
  };
}

function wordsOf(name: string): Words {
  const title = name.replaceAll("_", " ");
  return KNOWN[name] ?? { title: title.charAt(0).toUpperCase() + title.slice(1), meaning: "", remedy: "" };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
