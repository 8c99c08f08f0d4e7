import { Button, Text } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useLocation, useNavigate } from "react-router";
import { tellWithAction } from "~/components/actionToast";
import { newIdempotencyKey } from "~/lib/idempotency";
import { ApiError } from "~/lib/problems";
import { told } from "~/lib/told";
import { useSaveAsNew } from "../api/transforming";

interface Props {
  imageId: string;
  recipe: string;
  isOff: boolean;
  /** Whether it takes longer than a request waits for: then a worker makes it. */
  isSlow: boolean;
  onSaved: () => void;
}

export function SaveButton({ imageId, recipe, isOff, isSlow, onSaved }: Props) {
  const navigate = useNavigate();
  const { search } = useLocation();
  const saving = useSaveAsNew(imageId);
  // A repeat of the same wish has the same key while no answer has come: what was made although it was lost is not made twice.
  const wish = useRef({ recipe: "", key: "" });
  const isHere = useRef(true);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  const save = () => {
    if (wish.current.recipe !== recipe) wish.current = { recipe, key: newIdempotencyKey() };
    // Not as callbacks of `mutate`, which are forgotten where the editor is left meanwhile.
    saving.mutateAsync({ recipe, idempotencyKey: wish.current.key, isSlow }).then(
      (id) => {
        const address = `/library/${id}${search}`;
        const open = () => void navigate(address);
        tellWithAction("Saved as a new image. The one that it was made of is as it was.", {
          label: "Open it",
          href: address,
          run: open,
        });
        // Whoever has left stays where they are.
        if (!isHere.current) return;
        onSaved();
        open();
      },
      (error: unknown) => {
        // Under this key the answer would be the same for ever.
        if (!(error instanceof ApiError) || error.status !== 0) wish.current = { recipe: "", key: "" };
        told.failed(error, "It could not be saved");
      },
    );
  };
  return (
    <Button size="sm" aria-label="Save as new image" disabled={isOff} loading={saving.isPending} onClick={save}>
      Save
      <Text span inherit visibleFrom="sm">
        {"\u00a0as new image"}
      </Text>
    </Button>
  );
}
