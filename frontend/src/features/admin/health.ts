/** What is wrong with the service, the worst first, and what to do about it. */
import type { Describer, Overview } from "~/client";
import { ago, plural } from "~/lib/format";

export interface Trouble {
  level: "bad" | "warning";
  title: string;
  /** What to do. */
  advice: string;
  /** Where more is said of it. */
  link?: { to: string; label: string };
}

const OLD_REPORT_MS = 31 * 86_400_000;

export function troubles(overview: Overview, now = Date.now()): Trouble[] {
  return [
    ...ofQueue(overview),
    ...ofIntegrity(overview, now),
    ...ofWork(overview),
    ...ofProviders("describer", "Pictures wait for their description", overview.describers),
    ...ofProviders("painter", "Pictures that were asked for wait", overview.painters),
  ].sort((one, other) => Number(other.level === "bad") - Number(one.level === "bad"));
}

function ofQueue({ queue, work }: Overview): Trouble[] {
  if (queue.unavailable !== null)
    return [
      {
        level: "bad",
        title: "The queue cannot be reached",
        advice: `${queue.unavailable} Work is kept in the database and goes on once Redis answers: see whether it runs and whether REDIS_URL is right.`,
      },
    ];
  if (queue.workers > 0) return [];
  const waiting = work.pending + work.working;
  return [
    {
      level: "bad",
      title: "No worker is alive",
      advice: `${waiting > 0 ? `${plural(waiting, "piece", "pieces")} of work ${waiting === 1 ? "waits" : "wait"}. ` : ""}New images are not processed until one runs. Start a worker, or see in its log why it ended.`,
      link: { to: "/admin/jobs?state=pending", label: "What waits" },
    },
  ];
}

function ofWork({ work }: Overview): Trouble[] {
  if (work.failed === 0) return [];
  return [
    {
      level: "warning",
      title: `${plural(work.failed, "piece", "pieces")} of work ${work.failed === 1 ? "has" : "have"} failed`,
      advice: "Each says why. Mend the cause, then run them again.",
      link: { to: "/admin/jobs", label: "See the reasons" },
    },
  ];
}

function ofIntegrity({ integrity }: Overview, now: number): Trouble[] {
  const link = { to: "/admin/integrity", label: "Open the report" };
  if (integrity.is_clean === false)
    return [
      {
        level: "bad",
        title: "Database and storage do not agree",
        advice: "The integrity report names what is missing or damaged, and what mends it.",
        link,
      },
    ];
  if (integrity.state === "failed")
    return [
      { level: "warning", title: "The last examination failed", advice: "It says why. Then start it again.", link },
    ];
  if (integrity.made_at !== null && now - new Date(integrity.made_at).getTime() > OLD_REPORT_MS)
    return [
      {
        level: "warning",
        title: "The integrity report is old",
        advice: `It was made ${ago(integrity.made_at, now)}. Have a new one made.`,
        link,
      },
    ];
  return [];
}

function ofProviders(what: string, consequence: string, providers: readonly Describer[]): Trouble[] {
  const alone = providers.filter(({ left_alone_seconds: seconds }) => seconds > 0);
  if (alone.length === 0) return [];
  const rest = providers.filter(({ left_alone_seconds: seconds }) => seconds === 0);
  const names = alone.map(({ name, left_alone_seconds: seconds }) => `${name} for ${plural(seconds, "second")} more`);
  return [
    {
      level: rest.length === 0 ? "bad" : "warning",
      title: `${rest.length === 0 ? "Every" : "A"} ${what} is left alone after repeated failures`,
      advice: `${names.join(", ")}. ${rest.length === 0 ? `${consequence} until then` : `${rest.map(({ name }) => name).join(", ")} is asked instead`}. If it lasts, check its key, its address and its quota.`,
      link: { to: "/admin/ai", label: "Open the AI ledger" },
    },
  ];
}
