import { Button, Text } from "@mantine/core";
import { useRef } from "react";
import { useLocation, useNavigate } from "react-router";
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
  const save = () => {
    if (wish.current.recipe !== recipe) wish.current = { recipe, key: newIdempotencyKey() };
    saving.mutate(
      { recipe, idempotencyKey: wish.current.key, isSlow },
      {
        onSuccess: (id) => {
          onSaved();
          told.done("Saved as a new image. The one that it was made of is as it was.");
          void navigate(`/library/${id}${search}`);
        },
        onError: (error) => {
          // Under this key the answer would be the same for ever.
          if (!(error instanceof ApiError) || error.status !== 0) wish.current = { recipe: "", key: "" };
          told.failed(error, "It could not be saved");
        },
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
