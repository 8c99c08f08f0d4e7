/** From image to image as the list has them, and back to the list. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { NavigationType, useLocation, useNavigate, useNavigationType, useOutletContext } from "react-router";
import { fitted } from "~/lib/fitting";
import { srcSet, variantFor } from "~/lib/images";
import type { NeighboursContext } from "~/lib/neighbours";
import { listedImage } from "./api/listed";
import { roomOf } from "./components/room";

export function useTurning(id: string) {
  const navigate = useNavigate();
  const { search } = useLocation();
  // Nothing where it is shown by itself.
  const list = useOutletContext<NeighboursContext | undefined>();
  const { previous, next } = list?.neighboursOf(id) ?? {};
  const cameFromList = useCameFromList();
  usePreloaded(previous);
  usePreloaded(next);

  const turn = useCallback(
    // In place of the one before: "back" leads to the list, however many were looked at.
    (to: string) => void navigate({ pathname: `/library/${to}`, search }, { replace: true, preventScrollReset: true }),
    [navigate, search],
  );
  const leave = useCallback(() => {
    if (cameFromList) void navigate(-1);
    else void navigate({ pathname: "/library", search }, { replace: true, preventScrollReset: true });
  }, [cameFromList, navigate, search]);
  const editor = useMemo(() => {
    const address = { pathname: `/library/${id}/edit`, search };
    return { address, open: () => void navigate(address) };
  }, [id, navigate, search]);
  return {
    previous: useMemo(() => (previous === undefined ? undefined : () => turn(previous)), [previous, turn]),
    next: useMemo(() => (next === undefined ? undefined : () => turn(next)), [next, turn]),
    leave,
    editor,
  };
}

/** Whether the step before, in the browser's history, is the list: then to leave is to go back, and leaves no second entry for it. */
function useCameFromList(): boolean {
  const isNewStep = useNavigationType() === NavigationType.Push;
  const [cameFromList] = useState(() => isNewStep && document.activeElement?.closest("[data-tile]") != null);
  return cameFromList;
}

/** The picture is fetched before somebody turns to it. */
function usePreloaded(id: string | undefined): void {
  const client = useQueryClient();
  useEffect(() => {
    const image = id === undefined ? undefined : listedImage(client, id);
    if (image === undefined || image.variants.length === 0) return;
    const { width } = fitted(image, roomOf(window));
    const picture = new Image();
    // As `Picture` asks for it, so that the browser chooses the same variant.
    picture.sizes = `${width}px`;
    picture.srcset = srcSet(image);
    picture.src = variantFor(image, width)?.url ?? "";
  }, [client, id]);
}
