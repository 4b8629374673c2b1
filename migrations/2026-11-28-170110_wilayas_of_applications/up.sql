-- For the previous release, which writes the wilaya to profiles only. It runs at the statement's end, when the application
-- is there. A contracting migration removes it.
CREATE FUNCTION copy_wilaya() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE approvals SET wilaya = NEW.wilaya WHERE profile_id = NEW.id AND wilaya IS DISTINCT FROM NEW.wilaya;
    RETURN NULL;
END
$$;

CREATE TRIGGER profiles_copy_wilaya AFTER INSERT OR UPDATE OF wilaya ON profiles
    FOR EACH ROW WHEN (NEW.approval_role IS NOT NULL) EXECUTE FUNCTION copy_wilaya();
