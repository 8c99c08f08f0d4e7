import { ActionIcon, Anchor, Group, Progress, Text, Tooltip } from "@mantine/core";
import { IconPhoto, IconPhotoX, IconRefresh, IconX } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { Picture } from "~/components/Picture";
import { bytes, percent } from "~/lib/format";
import type { Upload } from "../uploads";
import type { TrayActions } from "./Tray";
import classes from "./Tray.module.css";

const THUMB = 44;

export function TrayRow({ upload, actions }: { upload: Upload; actions: TrayActions }) {
  const { key, name, state, sent, size, image, canRetry } = upload;
  const isUnderWay = state === "waiting" || state === "uploading";
  return (
    <li className={classes.row}>
      <Thumb upload={upload} />
      <div style={{ minWidth: 0 }}>
        {image ? (
          <Anchor component={Link} to={`/library/${image.id}`} size="sm" c="inherit" truncate display="block">
            {name}
          </Anchor>
        ) : (
          <Text size="sm" truncate>
            {name}
          </Text>
        )}
        {state === "uploading" && (
          <Progress value={percent(sent, size)} size={4} my={4} aria-label={`Upload of ${name}`} />
        )}
        <Words upload={upload} onKeepBoth={() => actions.keepBoth(key)} />
      </div>
      <div className={classes.buttons}>
        {state === "failed" && canRetry && (
          <RowButton label={`Retry ${name}`} Icon={IconRefresh} onClick={() => actions.retry(key)} />
        )}
        <RowButton
          label={isUnderWay ? `Cancel ${name}` : `Take ${name} off this list`}
          Icon={IconX}
          onClick={() => actions.cancel(key)}
        />
      </div>
    </li>
  );
}

function RowButton({ label, Icon, onClick }: { label: string; Icon: typeof IconX; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        <Icon size={16} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

function Words({ upload, onKeepBoth }: { upload: Upload; onKeepBoth: () => void }) {
  const { state, image, isDuplicate, file, reason, sent, size } = upload;
  if (isDuplicate && image)
    return (
      <Group gap={8}>
        <Text size="xs">You have this already.</Text>
        <Anchor component={Link} to={`/library/${image.id}`} size="xs">
          Open it
        </Anchor>
        {file && (
          <Anchor component="button" type="button" size="xs" onClick={onKeepBoth}>
            Keep both
          </Anchor>
        )}
      </Group>
    );
  if (state === "failed")
    return (
      <Text size="xs" c="var(--mantine-color-error)">
        {reason}
      </Text>
    );
  return (
    <Text size="xs" c="dimmed">
      {state === "waiting" && `Waiting – ${bytes(size)}`}
      {state === "uploading" && (sent < size ? `${bytes(sent)} of ${bytes(size)}` : "Being checked")}
      {state === "processing" && "Being processed"}
      {state === "describing" && "Being described"}
      {state === "done" && (reason ?? "Done")}
    </Text>
  );
}

/** What has been made of it; before that, the file itself. */
function Thumb({ upload: { file, image, state } }: { upload: Upload }) {
  const [isBroken, setBroken] = useState(false);
  const url = useObjectUrl(isBroken || (image && image.variants.length > 0) ? undefined : file);
  return (
    <span className={classes.thumb} aria-hidden>
      {image && image.variants.length > 0 ? (
        <Picture image={image} alt="" width={THUMB} />
      ) : url !== undefined ? (
        <img
          src={url}
          alt=""
          loading="lazy"
          decoding="async"
          width={THUMB}
          height={THUMB}
          onError={() => setBroken(true)}
        />
      ) : state === "failed" ? (
        <IconPhotoX size={20} />
      ) : (
        <IconPhoto size={20} />
      )}
    </span>
  );
}

function useObjectUrl(file: File | undefined): string | undefined {
  const [made, setMade] = useState<{ file: File; url: string }>();
  useEffect(() => {
    if (file === undefined) return;
    const url = URL.createObjectURL(file);
    // An effect, since what is made here must be let go of again.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setMade({ file, url });
    return () => URL.revokeObjectURL(url);
  }, [file]);
  return made !== undefined && made.file === file ? made.url : undefined;
}
