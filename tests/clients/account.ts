// A program that uses the generated types. It is compiled, not run: each `@ts-expect-error` must be an error.

import type { paths } from "./sihha";

type Json<Content> = Content extends { content: { "application/json": infer Body } } ? Body : never;
type Me = paths["/api/me"];
type Account = Json<Me["get"]["responses"][200]>;
type Patch = NonNullable<Me["patch"]["requestBody"]>["content"]["application/merge-patch+json"];
type Registration = Json<paths["/api/user/register"]["post"]["requestBody"]>;
type Tokens = Json<paths["/api/login"]["post"]["responses"][200]>;
type Problem = Me["get"]["responses"][401]["content"]["application/problem+json"];

export function name(account: Account): string | undefined {
    switch (account.role) {
        case "user":
        case "doctor":
            return account.first_name;
        case "hospital":
        case "labo":
            return account.name;
    }
    // Every role has been dealt with.
    return account.role satisfies never;
}

export const bearer = (tokens: Tokens): [string, number] => [`Bearer ${tokens.access}`, tokens.expires_in];

// @ts-expect-error A hospital has no first name: the member may be absent.
export const firstName = (account: Account): string => account.first_name;

export function explain(problem: Problem): string[] {
    const fields = Object.values(problem.errors ?? {}).flat();
    return problem.code === "token_not_valid" ? [] : fields.map((field) => field.message);
}

export const isMistyped = (problem: Problem): boolean =>
    // @ts-expect-error There is no such code.
    problem.code === "token_not_vallid";

export const registration: Registration = {
    email: "amina@example.com",
    password: "mot de passe",
    carte_id: "AMINA1",
    first_name: "Amina",
    last_name: "Bénabadji",
    birth_date: "1942",
    numero_tel: "555-1234",
    gender: "Female",
    blood_type: "O+",
};

export const patch: Patch = { address: null, married: true, emergency_numbers: "", first_name_ar: "أمينة" };

// @ts-expect-error There is no such blood type.
export const unknownBloodType: Patch = { blood_type: "C+" };

// @ts-expect-error A text does not say whether one is married, unless it is empty.
export const mistyped: Patch = { married: "yes" };
