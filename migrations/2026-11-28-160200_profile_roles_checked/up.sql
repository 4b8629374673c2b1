-- Reads nothing under the lock; the next migration checks the rows.
ALTER TABLE profiles ADD CONSTRAINT profiles_roles_of_role CHECK (
    patient_role IS NOT DISTINCT FROM CASE role WHEN 'user' THEN role END
    AND doctor_role IS NOT DISTINCT FROM CASE role WHEN 'doctor' THEN role END
    AND hospital_role IS NOT DISTINCT FROM CASE role WHEN 'hospital' THEN role END
    AND labo_role IS NOT DISTINCT FROM CASE role WHEN 'labo' THEN role END
    AND approval_role IS NOT DISTINCT FROM CASE WHEN role <> 'user' THEN role END
) NOT VALID;
