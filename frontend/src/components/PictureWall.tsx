import { useElementSize, useMergedRef } from "@mantine/hooks";
import { type Range, defaultRangeExtractor, useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  type FocusEvent,
  type KeyboardEvent,
  type ReactNode,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { type Row, type Sides, justify, neighbour, rowOf } from "~/lib/justify";
import classes from "./PictureWall.module.css";

export interface Tile {
  width: number;
  height: number;
  /** For what takes the focus in the tile: the whole wall is one stop of the Tab key. */
  tabIndex: 0 | -1;
  /** Its picture is to be seen as soon as the wall is. */
  isEager: boolean;
}

export interface WallHandle {
  /** Gives the picture the focus, and scrolls to it where nothing of it is to be seen. */
  focus: (id: string) => void;
}

interface Props<Item extends Sides & { id: string }> {
  items: readonly Item[];
  /** The tile: it fills the box that it stands in. What takes the focus in it carries `data-tile`. */
  children: (item: Item, tile: Tile, index: number) => ReactNode;
  label: string;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
  handle?: Ref<WallHandle>;
}

const GAP = 6;
const ROWS_AHEAD = 4;
/** What covers the edges of the window: its header; the phone's tabs, or what can be done with a selection. */
const [ROOM_ABOVE, ROOM_BELOW] = [68, 76];
/** The next page is asked for that many rows before it is needed. */
const ROWS_BEFORE_MORE = 12;
/** Whoever comes back finds the rows as they were, and so the scroll position, before anything has been measured. */
let lastWidth = 0;

/**
 * Pictures in justified rows that scroll with the window. Only the rows near the visible ones are in the document, however many there are;
 * the arrow keys go from picture to picture. What is added above leaves in its place what is being looked at.
 */
export function PictureWall<Item extends Sides & { id: string }>({
  items,
  children,
  label,
  hasMore,
  isLoadingMore,
  onMore,
  handle,
}: Props<Item>) {
  const list = useRef<HTMLUListElement>(null);
  const [sizeRef, width] = useWidth();
  const ref = useMergedRef(sizeRef, list);
  const offset = useOffset(list, width);
  const rows = useMemo(() => justify(items, { width, target: targetFor(width), gap: GAP }), [items, width]);
  const [activeId, setActiveId] = useState<string>();
  const active = useMemo(
    () => (activeId === undefined ? -1 : items.findIndex(({ id }) => id === activeId)),
    [activeId, items],
  );
  const activeRow = active < 0 ? -1 : rowOf(rows, active);

  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => (rows[index]?.height ?? 0) + GAP,
    overscan: ROWS_AHEAD,
    scrollMargin: offset,
    scrollPaddingStart: ROOM_ABOVE,
    scrollPaddingEnd: ROOM_BELOW,
    // The picture that has the focus stays in the document, or the focus would be lost by scrolling.
    rangeExtractor: useCallback((range: Range) => including(defaultRangeExtractor(range), activeRow), [activeRow]),
  });
  useLayoutEffect(() => virtual.measure(), [virtual, rows]);
  useAnchor(items, rows, offset);

  const shown = virtual.getVirtualItems();
  const last = virtual.range?.endIndex ?? -1;
  useEffect(() => {
    if (hasMore && !isLoadingMore && width > 0 && last >= rows.length - ROWS_BEFORE_MORE) onMore();
  }, [hasMore, isLoadingMore, last, onMore, rows.length, width]);

  const focus = useCallback(
    (index: number) => {
      const item = items[index];
      if (item === undefined) return;
      setActiveId(item.id);
      virtual.scrollToIndex(rowOf(rows, index), { align: "auto" });
      // The row may have to be put into the document first.
      const seek = (triesLeft: number) => {
        const found = list.current?.querySelector<HTMLElement>(`[data-index="${index}"] [data-tile]`);
        if (found) found.focus({ preventScroll: true });
        else if (triesLeft > 0) requestAnimationFrame(() => seek(triesLeft - 1));
      };
      seek(20);
    },
    [items, rows, virtual],
  );
  useImperativeHandle(
    handle,
    () => ({
      focus: (id) => {
        const index = items.findIndex((item) => item.id === id);
        const shown = list.current?.querySelector<HTMLElement>(`[data-index="${index}"] [data-tile]`);
        // Where somebody has left it, the wall stays, though the picture be cut by the window's edge.
        if (shown && isInWindow(shown)) shown.focus({ preventScroll: true });
        else focus(index);
      },
    }),
    [focus, items],
  );

  const move = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(event.target instanceof Element)) return;
    if (!event.target.matches("[data-tile]")) return;
    const to = neighbour(rows, indexOf(event.target), event.key, items.length, GAP);
    if (to === undefined) return;
    event.preventDefault();
    focus(to);
  };
  const stop = active >= 0 ? active : (rows[virtual.range?.startIndex ?? 0]?.start ?? 0);
  const bottom = rows.at(-1);

  return (
    // The arrow keys only lead from one picture, which takes the focus itself, to another.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <ul
      ref={ref}
      aria-label={label}
      aria-busy={isLoadingMore}
      className={classes.wall}
      style={{ height: bottom ? bottom.top + bottom.height : 0 }}
      onKeyDown={move}
      onFocus={(event: FocusEvent) => setActiveId(items[indexOf(event.target)]?.id)}
    >
      {shown.flatMap(({ index: rowIndex }) => {
        const row = rows[rowIndex];
        if (row === undefined) return [];
        const isEager = offset + row.top < window.innerHeight;
        let left = 0;
        return row.widths.map((tileWidth, place) => {
          const index = row.start + place;
          const item = items[index];
          const at = left;
          left += tileWidth + GAP;
          return item === undefined ? null : (
            <li
              key={item.id}
              data-index={index}
              aria-setsize={hasMore ? -1 : items.length}
              aria-posinset={index + 1}
              className={classes.tile}
              style={{ width: tileWidth, height: row.height, transform: `translate(${at}px, ${row.top}px)` }}
            >
              {children(
                item,
                { width: tileWidth, height: row.height, tabIndex: index === stop ? 0 : -1, isEager },
                index,
              )}
            </li>
          );
        });
      })}
    </ul>
  );
}

/** Two pictures abreast on a phone, six or so on a desk. */
export function targetFor(width: number): number {
  return width < 480 ? 150 : width < 900 ? 190 : 230;
}

function indexOf(element: Element): number {
  return Number(element.closest("[data-index]")?.getAttribute("data-index") ?? Number.NaN);
}

function including(indexes: number[], one: number): number[] {
  return one < 0 || indexes.includes(one) ? indexes : [...indexes, one].sort((a, b) => a - b);
}

function useWidth(): [Ref<HTMLUListElement>, number] {
  const { ref, width } = useElementSize<HTMLUListElement>();
  useEffect(() => {
    if (width > 0) lastWidth = width;
  }, [width]);
  return [ref, width > 0 ? width : lastWidth];
}

/**
 * When the rows change (new pictures on top, another width), the first picture in sight stays where it is on the screen. At the top of
 * the page there is nothing to keep: there the new ones are seen to come.
 */
function useAnchor(items: readonly { id: string }[], rows: readonly Row[], offset: number): void {
  const anchor = useRef<{ id: string; below: number } | undefined>(undefined);
  useLayoutEffect(() => {
    const kept = anchor.current;
    const index = kept === undefined ? -1 : items.findIndex(({ id }) => id === kept.id);
    const row = index < 0 ? undefined : rows[rowOf(rows, index)];
    if (kept === undefined || row === undefined) return;
    const by = Math.round(row.top + offset - window.scrollY - kept.below);
    if (by !== 0) window.scrollBy({ top: by, behavior: "instant" });
    // What moves the wall as a whole is no reason to scroll; only its rows are.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rows]);
  useEffect(() => {
    const note = () => {
      const top = window.scrollY - offset;
      const row = top <= 0 ? undefined : rows.find((each) => each.top + each.height > top);
      const id = row && items[row.start]?.id;
      anchor.current = row && id !== undefined ? { id, below: row.top - top } : undefined;
    };
    note();
    window.addEventListener("scroll", note, { passive: true });
    return () => window.removeEventListener("scroll", note);
  }, [items, rows, offset]);
}

/** Pixels from the top of the page to the list, which changes with what stands above it. */
function useOffset(list: React.RefObject<HTMLElement | null>, width: number): number {
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      if (list.current) setOffset(Math.round(list.current.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [list, width]);
  return offset;
}

function isInWindow(element: HTMLElement): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
}
